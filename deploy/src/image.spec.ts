import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { NODE_FLAGS, serviceNames } from '@order-flow/cluster';
import { createLogger, Identity, Metrics, Readiness, Settings, startHttpServer } from '@order-flow/service-kit';
import { builtPrograms, root, textOf } from './code.js';

const dockerfile = textOf('Dockerfile');
const lines = (instruction: string): string[] =>
  [...dockerfile.matchAll(new RegExp(`^${instruction} (.*)$`, 'gm'))].map(([, rest]) => rest ?? '');

/** What the image's entry says when it does not know a program. */
function refusal(...args: string[]): { readonly status: number | null; readonly programs: readonly string[] } {
  const entry = join(root, 'deploy', 'run-program.mjs');
  const { status, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8' });
  return { status, programs: /there are (.*)\n/.exec(stderr)?.[1]?.split(', ') ?? [] };
}

describe('the image', () => {
  it('runs each service by its name, and what is done once', async () => {
    const { status, programs } = refusal('nobody');
    expect(status).toBe(64);
    expect(programs).toEqual([...serviceNames, 'admin', 'rebuild']);
    expect(await builtPrograms()).toEqual(expect.arrayContaining([...programs]));
    expect(refusal()).toEqual({ status, programs });
  });

  it('stands on one Node that is named as a whole, and runs as somebody who is not root', () => {
    const bases = lines('FROM').map((line) => line.split(' ')[0] ?? '');
    const stages = lines('FROM').flatMap((line) => line.split(' AS ')[1] ?? []);
    const [base, ...others] = new Set(bases.filter((name) => !stages.includes(name)));
    expect(others).toEqual([]);
    expect(base).toMatch(new RegExp(`^node:${textOf('.nvmrc').trim()}\\.\\d+\\.\\d+-bookworm-slim$`));
    expect(lines('USER')).toEqual(['1000:1000']);
    expect(dockerfile.lastIndexOf('\nUSER ')).toBeGreaterThan(dockerfile.lastIndexOf('\nRUN '));
  });

  it('starts what it holds, and its settings are settings', () => {
    const [entry = '', ...others] = lines('ENTRYPOINT');
    expect(JSON.parse(entry)).toEqual(['node', ...NODE_FLAGS, '/app/deploy/run-program.mjs']);
    expect(others).toEqual([]);
    expect(lines('COPY')).toContain('deploy/run-program.mjs deploy/');
    const variables = lines('ENV').flatMap((line) => line.split(' ').map((each) => each.split('=')));
    expect(Object.fromEntries(variables)).toEqual({
      NODE_ENV: 'production',
      DATA_DIR: '/data',
      IDENTITY_DIR: '/identity',
    });
    expect(variables.map(([name]) => name).filter((name) => name !== 'NODE_ENV' && !(name! in Settings.shape))).toEqual(
      [],
    );
    expect(lines('RUN').some((line) => line.includes('chown node:node /data /identity /keys'))).toBe(true);
  });

  it('is asked for its health where every service answers', async () => {
    const server = await startHttpServer({
      service: 'any',
      host: '127.0.0.1',
      port: 0,
      identity: await Identity.ephemeral(),
      logger: createLogger({ level: 'silent' }),
      metrics: new Metrics('any'),
      readiness: new Readiness(),
      routes: () => undefined,
    });
    try {
      for (const path of ['/health/live', '/health/ready'])
        expect((await fetch(`${server.url}${path}`)).status).toBe(200);
    } finally {
      await server.stop();
    }
  });
});
