import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import WebSocket from 'ws';
import { alice, eventually, type Fixture, startFixture } from './testing/gateway-fixture.js';

const TEXT = 'x'.repeat(500_000);

describe('a WebSocket', () => {
  let gateway: Fixture;
  const sockets: WebSocket[] = [];
  beforeEach(async () => {
    gateway = await startFixture();
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await gateway.stop();
  });

  async function connected(): Promise<WebSocket> {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { authorization: `Bearer ${await gateway.tokenOf(alice)}` },
    });
    sockets.push(socket);
    await once(socket, 'open');
    return socket;
  }
  /** @returns what became of it */
  const sent = (socket: WebSocket, message: object) =>
    new Promise<Error | undefined>((resolve) => {
      socket.send(JSON.stringify(message), (error) => resolve(error ?? undefined));
    });

  it('whose client asks for answers and reads none is ended, not remembered for', async () => {
    const socket = await connected();
    socket.on('error', () => undefined).pause();
    let messages = 0;
    while (messages < 200 && !(await sent(socket, { type: 'ping', payload: { TEXT } }))) messages++;
    expect(messages).toBeLessThan(100);
  });

  it('that is opened at another address is told where they are served', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/elsewhere`).on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const problem: unknown = JSON.parse(Buffer.concat(await response.toArray()).toString());
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(problem).toMatchObject({ status: 404, code: 'NOT_FOUND', detail: 'WebSockets are served on /graphql' });
  });

  /** One that has said who it is. */
  async function greeted(): Promise<WebSocket> {
    const socket = await connected();
    await sent(socket, { type: 'connection_init' });
    await once(socket, 'message');
    return socket;
  }
  const subscribe = (socket: WebSocket, id: string, query = 'subscription { orderFeed { id } }') =>
    sent(socket, { type: 'subscribe', id, payload: { query } });
  const streams = async () =>
    Number(
      (await (await fetch(`${gateway.url}/metrics`)).text()).match(
        /^gateway_live_streams\{model="orders".* (\d+)$/m,
      )?.[1],
    );
  const messagesOf = (socket: WebSocket): { type: string; id: string; payload?: unknown }[] => {
    const messages: { type: string; id: string }[] = [];
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as { type: string; id: string }));
    return messages;
  };

  it('may use the id of an operation again that it has completed, as fast as it likes', async () => {
    const socket = await greeted();
    const messages = messagesOf(socket);
    for (let n = 0; n < 20; n++) {
      void subscribe(socket, 'a');
      if (n % 2 === 0) await eventually(async () => (await streams()) === 1);
      void sent(socket, { type: 'complete', id: 'a' });
    }
    await subscribe(socket, 'a');
    await subscribe(socket, 'last', '{ me { id } }');
    await eventually(() => Promise.resolve(messages.some(({ id, type }) => id === 'last' && type === 'complete')));
    await eventually(async () => (await streams()) === 1);
    expect(messages.filter(({ id }) => id === 'a')).toEqual([]);
    socket.close();
    await eventually(async () => (await streams()) === 0);
  });

  it('runs a hundred operations, however many are asked for at once', async () => {
    const socket = await greeted();
    const messages = messagesOf(socket);
    for (let n = 0; n < 105; n++) void subscribe(socket, `s${n}`);
    await eventually(async () => (await streams()) === 100);
    const refused = messages.filter(({ type }) => type === 'error');
    expect(refused.map(({ id }) => id)).toEqual(['s100', 's101', 's102', 's103', 's104']);
    expect(JSON.stringify(refused[0]?.payload)).toContain('TOO_MANY_SUBSCRIPTIONS');
  });

  it('carries mutations', async () => {
    const socket = await greeted();
    const messages = messagesOf(socket);
    const query = 'mutation { placeOrder(input: {items: [{sku: "A", quantity: 1}]}) { ... on Order { status } } }';
    await subscribe(socket, 'm', query);
    await eventually(() => Promise.resolve(messages.length === 2));
    expect(messages[0]).toMatchObject({ type: 'next', payload: { data: { placeOrder: { status: 'PENDING' } } } });
    await subscribe(socket, 'broken', '{');
    await eventually(() => Promise.resolve(messages.length === 3));
    expect(messages[2]).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] });
  });

  it('is refused to a caller who has as many as may be, until one of them ends', async () => {
    await gateway.stop();
    gateway = await startFixture({ subscriptionsPerCaller: 2 });
    const first = await greeted();
    await greeted();
    const third = await connected();
    await sent(third, { type: 'connection_init' });
    const [code, reason] = (await once(third, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1013, 'at most 2 connections of one caller']);
    first.close();
    await eventually(async () => {
      const again = await connected();
      await sent(again, { type: 'connection_init' });
      return Promise.race([once(again, 'message').then(() => true), once(again, 'close').then(() => false)]);
    });
  });

  it('is closed with 1001 when the gateway stops', async () => {
    const closed = once(await connected(), 'close');
    await gateway.stop();
    expect((await closed)[0]).toBe(1001);
    gateway = await startFixture();
  });

  it('whose client does not answer a goodbye keeps no gateway from stopping', async () => {
    (await connected()).pause();
    const before = performance.now();
    await gateway.stop();
    expect(performance.now() - before).toBeLessThan(10_000);
    gateway = await startFixture();
  });

  it('whose client vanishes, or breaks the protocol, says nothing on standard error', async () => {
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const query = 'subscription { orderFeed { id } }';
    const vanishing = await connected();
    await sent(vanishing, { type: 'connection_init' });
    await once(vanishing, 'message');
    await sent(vanishing, { type: 'subscribe', id: '1', payload: { query } });
    const live = async () =>
      (await (await fetch(`${gateway.url}/metrics`)).text()).match(/^gateway_live_streams.* 1$/m);
    await eventually(async () => (await live()) !== null);
    vanishing.terminate();
    const breaking = await connected();
    breaking.send('nonsense');
    expect((await once(breaking, 'close'))[0]).toBe(4400);
    for (const type of ['next', 'error', 'connection_ack']) {
      const mistaken = await connected();
      await sent(mistaken, { type, id: '1', payload: {} });
      expect((await once(mistaken, 'close'))[0]).toBe(4400);
    }
    const huge = await connected();
    huge.send('x'.repeat(2_000_000));
    expect((await once(huge, 'close'))[0]).toBe(1009);
    await eventually(async () => (await live()) === null);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });
});
