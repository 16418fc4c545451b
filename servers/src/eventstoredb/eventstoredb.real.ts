import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventStore, openEventStoreDb } from '@order-flow/event-store';
import { runServers } from '../cli/commands.js';
import { oneProcessServer } from '../one-process/one-process-server.js';
import { eventstoredb } from './eventstoredb.js';
import { type RunningEventStore, startEventStore } from './start-event-store.js';

const server = oneProcessServer(eventstoredb);
const quietly = (): void => undefined;

async function append(store: EventStore): Promise<string> {
  const id = randomUUID();
  const metadata = { $correlationId: id, $causationId: id };
  await store.append('order-1', [{ id, type: 'Happened', data: {}, metadata }], 'any');
  return id;
}

async function read(store: EventStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { id } of store.readStream('order-1')) found.push(id);
  return found;
}

describe('an EventStoreDB emulator for a test', () => {
  let running: RunningEventStore;
  let store: EventStore;
  beforeAll(async () => {
    running = await startEventStore();
    store = await openEventStoreDb({ url: running.url, answerMs: 2_000 });
  });
  afterAll(async () => {
    await store.close();
    await running.down();
  });

  it.each(['kill', 'stop'] as const)('%s: it keeps its events, and serves them again at its port', async (how) => {
    const before = [...(await read(store)), await append(store)];
    await running[how]();
    expect(await server.status(running.stateDir)).toMatchObject({ wanted: true, parts: [{ state: 'stopped' }] });
    await running.start();
    expect(await server.status(running.stateDir)).toMatchObject({ wanted: true, parts: [{ state: 'ready' }] });
    expect(await read(store)).toEqual(before);
  });

  it('answers nobody while it is paused', async () => {
    await running.pause();
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await server.status(running.stateDir)).toMatchObject({ parts: [{ state: 'paused' }] });
    await running.resume();
    await store.ping();
  });

  it('leaves nothing behind', async () => {
    await running.down();
    expect(existsSync(running.stateDir)).toBe(false);
  });
});

describe('an EventStoreDB emulator of the tool', () => {
  let stateDir = '';
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'order-flow-eventstoredb-'));
  });
  afterAll(async () => {
    await server.down(stateDir, quietly);
    await rm(stateDir, { recursive: true });
  });

  const up = async (given: { port?: number; fresh?: boolean } = {}): Promise<string> => {
    const [endpoint] = await server.up({ port: 0, fresh: false, ...given, stateDir }, quietly);
    const url = endpoint?.variables['EVENT_STORE_URL'];
    if (typeof url !== 'string') throw new Error('no URL');
    return url;
  };

  it('stays as it runs, keeps its events over down and up, and begins anew when told so', async () => {
    const url = await up();
    const store = await openEventStoreDb({ url });
    const id = await append(store);
    await store.close();
    expect(await up()).toBe(url);
    await expect(up({ port: 5_000 })).rejects.toThrow(/runs already.*its port is \d+; bring it down first/);
    await expect(up({ fresh: true })).rejects.toThrow(/--fresh was given; bring it down first/);
    for (const [fresh, kept] of [
      [false, [id]],
      [true, []],
    ] as const) {
      await server.down(stateDir, quietly);
      expect(await server.status(stateDir)).toMatchObject({ wanted: false, parts: [{ state: 'stopped' }] });
      const again = await openEventStoreDb({ url: await up({ fresh }) });
      expect(await read(again)).toEqual(kept);
      await again.close();
    }
  });

  it.each([
    [['up', 'eventstoredb', '--json'], /^\{"eventstoredb":\{"plain":\{"EVENT_STORE_URL":"esdb:/],
    [['up', '--json', 'eventstoredb'], /^\{"eventstoredb"/],
    [['up', 'eventstoredb', '--env'], /^export EVENT_STORE_URL='esdb:/],
    [['up', 'eventstoredb'], /^EVENT_STORE_URL='esdb:/],
  ])('is told as %j asks for', async (argv, words) => {
    let text = '';
    const out = (line: string): void => void (text += line);
    const where = ['--state-dir', stateDir, '--port', '0'];
    await runServers([...argv, ...where], { out, say: quietly, failed: () => out('failed') });
    expect(text).toMatch(words);
  });

  it('says which port is taken, and how to choose another', async () => {
    const port = Number(/:(\d+)\?/.exec(await up())?.[1]);
    await expect(startEventStore({ port })).rejects.toThrow(new RegExp(`port ${port} on 127.0.0.1 is in use.*--port`));
  });
});
