import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inProcessDirectory, type ServiceDirectory } from '@order-flow/coordination';
import { Identity, silentLogger } from '@order-flow/service-kit';
import { startRegistry } from './index.js';

const instance = (id: string, service = 'command-service') => ({ service, id, url: `http://127.0.0.1:1/${id}` });
const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);

describe("the registry's HTTP API", () => {
  let directory: ServiceDirectory;
  let identity: Identity;
  let registry: Awaited<ReturnType<typeof startRegistry>>;

  beforeEach(async () => {
    directory = inProcessDirectory();
    identity = await Identity.ephemeral();
    registry = await startRegistry({ directory, identity, logger: silentLogger(), host: '127.0.0.1', port: 0 });
  });
  afterEach(() => registry.stop());

  const get = async (path: string, role?: 'customer' | 'operator' | 'service') => {
    const token = role && (await identity.issue({ subject: 'somebody', role }));
    const response = await fetch(registry.server.url + path, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: json ? (JSON.parse(text) as unknown) : text };
  };

  it('is for operators and services', async () => {
    for (const path of ['/services', '/services/command-service']) {
      expect(await get(path)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
      expect(await get(path, 'customer')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      expect((await get(path, 'operator')).status).toBe(200);
      expect((await get(path, 'service')).status).toBe(200);
    }
  });

  it('lists all instances, and of one service those that take work', async () => {
    const draining = await directory.register(instance('a'));
    await directory.register(instance('b'));
    await draining.drain();
    expect(await get('/services', 'operator')).toMatchObject({
      body: {
        version: 3,
        instances: [
          { id: 'a', status: 'DRAINING' },
          { id: 'b', status: 'UP' },
        ],
      },
    });
    const all = (await get('/services', 'operator')).body as { now: number; instances: { lastHeartbeatAt: number }[] };
    for (const { lastHeartbeatAt } of all.instances) expect(all.now - lastHeartbeatAt).toBeLessThan(5_000);
    const { body } = await get('/services/command-service', 'service');
    expect(ids((body as { instances: { id: string }[] }).instances)).toEqual(['b']);
    expect(await get(`/services/${'x'.repeat(101)}`, 'operator')).toMatchObject({
      status: 422,
      body: { code: 'INVALID_INPUT' },
    });
  });

  it('serves its page without data to anyone, and counts instances for Prometheus', async () => {
    await directory.register(instance('a'));
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.body).toContain('<title>Service registry</title>');
    expect(page.body).not.toContain('127.0.0.1:1/a');
    for (const asset of ['/dashboard.js', '/dashboard.css']) expect((await get(asset)).status).toBe(200);
    expect((await get('/metrics')).body).toMatch(/registry_instances\{.*service="command-service".*\} 1/);
  });
});
