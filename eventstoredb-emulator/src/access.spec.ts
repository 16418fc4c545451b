import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import client from '@eventstore/db-client';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { localhostCertificate } from '@order-flow/service-kit/testing';
import type { RunningEmulator } from './emulator.js';
import { startEmulator } from './emulator.js';

const { EventStoreDBClient, jsonEvent } = client;
setLogVerbosity(logVerbosity.NONE);
const { certificateFile, keyFile } = localhostCertificate;

describe('behind TLS and a password', () => {
  let directory = '';
  let emulator: RunningEmulator;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eventstoredb-emulator-tls-'));
    emulator = await startEmulator({
      dataDirectory: directory,
      tls: { certificateFile, keyFile },
      credentials: { username: 'admin', password: 'changeit' },
    });
  });
  afterEach(async () => {
    await emulator.stop();
    await rm(directory, { recursive: true });
  });

  const connect = (user: string) =>
    EventStoreDBClient.connectionString(
      `esdb://${user}127.0.0.1:${emulator.port}?tls=true&tlsCAFile=${encodeURIComponent(certificateFile)}`,
    );
  const append = async (user: string, how = {}): Promise<unknown> => {
    const store = connect(user);
    try {
      return await store.appendToStream('s', jsonEvent({ type: 'Happened', data: {} }), how);
    } finally {
      await store.dispose();
    }
  };

  it('the user is let in', async () => {
    expect(await append('admin:changeit@')).toMatchObject({ success: true });
    const credentials = { username: 'admin', password: 'changeit' };
    expect(await append('', { credentials })).toMatchObject({ success: true });
  });

  it.each([
    ['nobody', ''],
    ['a wrong password', 'admin:wrong@'],
  ])('%s is refused, to read as to write', async (_who, user) => {
    const refused = { type: 'access-denied' };
    await expect(append(user)).rejects.toMatchObject(refused);
    const store = connect(user);
    const read = async (): Promise<unknown> => {
      for await (const event of store.readAll()) return event;
      return undefined;
    };
    await expect(read()).rejects.toMatchObject(refused);
    await expect(store.deleteStream('s')).rejects.toMatchObject(refused);
    await store.dispose();
  });
});

describe('an emulator that cannot start says so in one line', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eventstoredb-emulator-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('when the port is in use', async () => {
    const first = await startEmulator({ dataDirectory: join(directory, 'a') });
    const second = startEmulator({ dataDirectory: join(directory, 'b'), port: first.port });
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${first.port}: the port is in use`);
    await first.stop();
  });

  it('when the directory holds something else', async () => {
    await expect(startEmulator({ dataDirectory: import.meta.dirname })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(import.meta.dirname),
    });
  });

  it('when there is no certificate', async () => {
    const tls = { certificateFile: join(directory, 'none'), keyFile };
    await expect(startEmulator({ dataDirectory: directory, tls })).rejects.toThrow(/certificate.*none/);
  });
});
