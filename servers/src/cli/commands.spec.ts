import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import type { Part } from '../server.js';
import { type Console, runServers, serversCommand } from './commands.js';
import { describeEndpoints, describeStatus, isSound } from './output.js';

interface Heard {
  out: string;
  said: string;
  failed: boolean;
}

function listen(): { heard: Heard; console: Console } {
  const heard: Heard = { out: '', said: '', failed: false };
  const console: Console = {
    out: (text) => (heard.out += text),
    say: (text) => (heard.said += text),
    failed: () => (heard.failed = true),
  };
  return { heard, console };
}

async function refusal(...argv: readonly string[]): Promise<string> {
  let text = '';
  const throwing = (command: Command): void => {
    command
      .exitOverride()
      .configureOutput({ writeErr: (words) => (text += words), writeOut: (words) => (text += words) });
    command.commands.forEach(throwing);
  };
  const command = serversCommand(listen().console);
  throwing(command);
  await expect(command.parseAsync([...argv], { from: 'user' })).rejects.toThrow();
  return text;
}

describe('the command line', () => {
  it.each([
    [['up', 'kafka', '--brokers', '2'], /'2' is invalid.*1 or 3/],
    [['up', 'kafka', '--port', '70000'], /'70000' is invalid/],
    [['up', 'kafka', '--port', '80'], /from 1024 on/],
    [['up', 'kafka', '--kafka-version', '2.8.0'], /Allowed choices are 4\.3\.1, 3\.9\.2/],
    [['up', 'rabbit'], /'rabbit' is invalid.*Allowed choices are kafka, eventstoredb, mongodb, redis/],
    [['up', 'mongodb', '--brokers', '1'], /unknown option '--brokers'/],
    [['up', '--port', '5000'], /unknown option '--port'/],
    [['up', 'eventstoredb', '--port', 'any'], /'any' is invalid.*whole number/],
    [['status', 'rabbit'], /'rabbit' is invalid.*Allowed choices are kafka, eventstoredb, mongodb, redis/],
    [['down', '--state-dir', '/tmp'], /--state-dir needs a server/],
    [['upp'], /unknown command 'upp'/],
  ])('refuses %j and says what is allowed', async (argv, words) => {
    expect(await refusal(...argv)).toMatch(words);
  });

  it('documents every flag', async () => {
    const help = await refusal('up', 'kafka', '--help');
    for (const flag of ['--brokers', '--kafka-version', '--port', '--state-dir', '--fresh', '--secure', '--json'])
      expect(help).toContain(flag);
  });

  it('finds nothing to stop or to show in an empty directory, which is no failure', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'servers-'));
    try {
      const down = listen();
      await runServers(['down', 'kafka', '--state-dir', directory], down.console);
      expect(down.heard).toMatchObject({ failed: false, said: expect.stringContaining('Nothing was ever brought up') });
      const status = listen();
      await runServers(['status', 'kafka', '--state-dir', directory], status.console);
      expect(status.heard).toMatchObject({ failed: false, out: expect.stringContaining('Nothing') });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('what up prints', () => {
  const plain = { name: 'plain', variables: { KAFKA_BROKERS: '127.0.0.1:1' } };
  const secure = {
    name: 'secure',
    variables: { KAFKA_BROKERS: '127.0.0.1:2', KAFKA_SASL_PASSWORD: { file: "/it's here/password" } },
  };
  const servers = new Map([['kafka', [plain, secure]]]);

  it('is the variables of the way that was asked for, a secret by its file', () => {
    expect(describeEndpoints(new Map([['kafka', [plain]]]), 'lines')).toBe('KAFKA_BROKERS=127.0.0.1:1');
    expect(describeEndpoints(servers, 'env').split('\n')).toEqual([
      'export KAFKA_BROKERS=127.0.0.1:2',
      `export KAFKA_SASL_PASSWORD="$(cat '/it'\\''s here/password')"`,
    ]);
  });

  it('is all ways as JSON', () => {
    expect(JSON.parse(describeEndpoints(servers, 'json'))).toEqual({
      kafka: { plain: plain.variables, secure: secure.variables },
    });
  });
});

describe('the status', () => {
  const part = (state: Part['state']): Part => ({
    name: 'broker 1',
    pid: state === 'stopped' ? undefined : 12,
    port: 19_092,
    state,
    version: '4.3.1',
    directory: '/state/broker-1',
  });

  it('is a table', () => {
    const table = describeStatus(new Map([['kafka', { parts: [part('ready'), part('stopped')], wanted: true }]]));
    expect(table.split('\n')).toEqual([
      'server  part      pid  port   state    version  directory',
      'kafka   broker 1  12   19092  ready    4.3.1    /state/broker-1',
      'kafka   broker 1  -    19092  stopped  4.3.1    /state/broker-1',
    ]);
  });

  it('is sound unless something that should run does not', () => {
    expect(isSound({ parts: [part('ready')], wanted: true })).toBe(true);
    expect(isSound({ parts: [part('ready'), part('stopped')], wanted: true })).toBe(false);
    expect(isSound({ parts: [part('paused')], wanted: true })).toBe(false);
    expect(isSound({ parts: [part('stopped')], wanted: false })).toBe(true);
  });
});
