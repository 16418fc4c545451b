import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { mongoAddress } from './mongo-address.js';
import { asReadStoreError, isReadStoreAway, mongoClient, mongoDatabase } from './mongo-client.js';
import { isDuplicateKey, openMongoReadStore } from './mongo-read-store.js';
import { serverError } from './server-errors.js';

const SECRET = 'not-to-be-told';
const ONE_LINE = /^[^\n]+$/;

describe('opening MongoDB', () => {
  it('names the server that is away, and what to do, but no password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const opening = openMongoReadStore({ url: `mongodb://admin:${SECRET}@127.0.0.1:${port}/orders`, findMs: 300 });
    await expect(opening).rejects.toMatchObject({
      name: 'ReadStoreError',
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(ONE_LINE),
    });
    await expect(opening).rejects.toThrow(`MongoDB at 127.0.0.1:${port} cannot be used`);
    await expect(opening).rejects.toThrow('start it, or correct MONGO_URL');
    await expect(opening).rejects.not.toThrow(SECRET);
  });

  it('gives up on a server that accepts and says nothing', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opening = openMongoReadStore({ url: `mongodb://127.0.0.1:${port}`, findMs: 300 });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    ['without TLS where it speaks TLS', '', 'closed'],
    ['with TLS where it does not speak it', '?tls=true', 'TLS'],
  ])('says what to do when a server is spoken to %s', async (_, query, cause) => {
    // Either kind of server ends a connection whose beginning it does not understand.
    const server = createServer((socket) => void socket.on('error', () => undefined).on('data', () => socket.end()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opening = openMongoReadStore({ url: `mongodb://127.0.0.1:${port}/${query}`, findMs: 300 });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(opening).rejects.toThrow(cause);
    await expect(opening).rejects.toThrow('or correct MONGO_URL: tls=true if it speaks TLS, tls=false if it does not');
    server.close();
  });

  it('an operation that finds no server is told from one that the server refuses', async () => {
    const url = 'mongodb://127.0.0.1:1/orders';
    const client = mongoClient({ url, findMs: 100 }, mongoAddress(url));
    const asked = client.db().collection('orders').findOne({});
    expect(isReadStoreAway(await asked.catch((error: unknown) => error))).toBe(true);
    await client.close();
    expect(isReadStoreAway(serverError({ code: 2, errmsg: 'bad value' }))).toBe(false);
    expect(isReadStoreAway(new TypeError('a mistake'))).toBe(false);
  });

  it.each([
    `postgres://user:${SECRET}@host/db`,
    `mongodb://user:${SECRET}/@host/db`,
    `mongodb://user:${SECRET}%zz@host/db`,
    `mongodb://user:${SECRET}@host/db?colour=red`,
    `mongodb://user:${SECRET}@host/db?maxPoolSize=many`,
    `mongodb://user:${SECRET}@host/%zz`,
    `mongodb://user:${SECRET}@`,
  ])('refuses %s in one line without repeating it', async (url) => {
    const error: unknown = await openMongoReadStore({ url }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ReadStoreError', code: 'STORE_REFUSED' });
    expect((error as Error).message).toMatch(/^MONGO_URL: [^\n]+$/);
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain(SECRET);
  });

  it('says that credentials are wrong where they are', () => {
    const denied = serverError({ code: 18, errmsg: 'Authentication failed.' });
    expect(asReadStoreError(denied, mongoAddress(`mongodb://user:${SECRET}@host:1,other:2/db`))).toMatchObject({
      code: 'STORE_REFUSED',
      message:
        'MongoDB at host:1,other:2 refuses access (Authentication failed.): check the user, the password and authSource in MONGO_URL',
    });
  });
});

describe('a MONGO_URL', () => {
  it.each([
    ['mongodb://host:27017', 'order_flow'],
    ['mongodb://host:27017/', 'order_flow'],
    ['mongodb://host:27017/?replicaSet=rs0', 'order_flow'],
    ['mongodb://user:p%40ss@a:1,b:2/shop?tls=true', 'shop'],
    ['mongodb+srv://cluster.example.com/sh%20op', 'sh op'],
  ])('%s names the database %s', (url, database) => {
    expect(mongoAddress(url).database).toBe(database);
  });

  it('decides on connections and patience, not on durability', () => {
    const url = 'mongodb://host:1/?maxPoolSize=5&sockettimeoutms=7&w=0&journal=false&retryWrites=false';
    const client = mongoClient({ url }, mongoAddress(url));
    const { options } = client;
    expect(options).toMatchObject({ maxPoolSize: 5, socketTimeoutMS: 7, serverSelectionTimeoutMS: 10_000 });
    expect(options).toMatchObject({ retryWrites: true, retryReads: true });
    const { databaseName, writeConcern } = mongoDatabase(client, mongoAddress(url));
    expect({ databaseName, writeConcern }).toMatchObject({
      databaseName: 'order_flow',
      writeConcern: { w: 'majority', journal: true },
    });
  });
});

it('a duplicate key is known by its code', () => {
  expect(isDuplicateKey(serverError({ code: 11000, errmsg: 'duplicate' }))).toBe(true);
  expect(isDuplicateKey(serverError({ code: 2, errmsg: 'other' }))).toBe(false);
  expect(isDuplicateKey(undefined)).toBe(false);
});
