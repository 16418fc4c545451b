import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { openEventStoreDb } from './open-eventstoredb.js';
import { fromPosition, toPosition } from './position.js';

const SECRET = 'not-to-be-told';

describe('opening EventStoreDB', () => {
  it('names the server that is away, and what to do, but no password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const url = `esdb://admin:${SECRET}@127.0.0.1:${port}?tls=false`;
    const opening = openEventStoreDb({ url, callMs: 300, answerMs: 300 });
    await expect(opening).rejects.toMatchObject({ name: 'EventStoreError', code: 'STORE_UNAVAILABLE' });
    await expect(opening).rejects.toThrow(`EventStoreDB at 127.0.0.1:${port} cannot be used`);
    await expect(opening).rejects.toThrow('start it, or correct EVENT_STORE_URL');
    await expect(opening).rejects.not.toThrow(SECRET);
    await expect(opening).rejects.not.toThrow('Resolution note');
  });

  it('asks whether TLS is right where the server does not speak it', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const opening = openEventStoreDb({ url: `esdb://localhost:${port}`, callMs: 2_000, answerMs: 1_000 });
    await expect(opening).rejects.toThrow(
      /wrong version number.*start it, or correct EVENT_STORE_URL; is tls right there\?\)$/,
    );
    server.close();
  }, 15_000);

  it('gives up on a server that accepts and says nothing', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const opening = openEventStoreDb({ url: `esdb://127.0.0.1:${port}?tls=false`, callMs: 300, answerMs: 100 });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    `http://admin:${SECRET}@127.0.0.1:2113`,
    `esdb://admin:${SECRET}@`,
    `esdb://admin:${SECRET}@127.0.0.1:2113?colour=red`,
    `esdb://admin:${SECRET}@127.0.0.1:port`,
  ])('refuses %s without repeating it', async (url) => {
    const opening = openEventStoreDb({ url });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(opening).rejects.toThrow('EVENT_STORE_URL');
    await expect(opening).rejects.not.toThrow(SECRET);
  });
});

describe('positions', () => {
  it('sort as text as they do as numbers, and come back', () => {
    const places = [9n, 10n, 2n ** 63n - 1n].map((commit) => ({ commit, prepare: commit - 1n }));
    const texts = places.map(toPosition);
    expect([...texts].sort()).toEqual(texts);
    expect(texts.map(fromPosition)).toEqual(places);
    expect(() => fromPosition('00000000000000000001' as never)).toThrow(RangeError);
  });
});
