import { once } from 'node:events';
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
    const huge = await connected();
    huge.send('x'.repeat(2_000_000));
    expect((await once(huge, 'close'))[0]).toBe(1009);
    await eventually(async () => (await live()) === null);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });
});
