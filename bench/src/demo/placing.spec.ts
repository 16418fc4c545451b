import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayClient } from '../orders/gateway-client.js';
import { OrderTracker } from '../orders/order-tracker.js';
import { settle } from '../orders/settle.js';
import { Placing } from './placing.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const placed: Answer = (response) => response.end('{"data":{"placeOrder":{"id":"order-1","status":"PENDING"}}}');
const unavailable: Answer = (response) =>
  response.end('{"errors":[{"message":"no command service","extensions":{"code":"UNAVAILABLE"}}]}');
const ended: Answer = (response) =>
  response.end(
    '{"data":{"orders":{"edges":[{"node":{"id":"order-1","status":"CONFIRMED","reason":null}}],' +
      '"pageInfo":{"hasNextPage":false,"endCursor":null}}}}',
  );
const dies: Answer = (_, request) => request.socket.destroy();

/** Something at the gateway's address that does so with one request after the other. */
async function answering(...answers: readonly Answer[]): Promise<{ placing: Placing; tracker: OrderTracker }> {
  const left = [...answers];
  const server = createServer((request, response) => {
    request.resume().on('end', () => left.shift()?.(response, request));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gateway = new GatewayClient(`http://127.0.0.1:${port}`, 'token', { connections: 1 });
  closing.push(
    () => gateway.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  const tracker = new OrderTracker();
  return { placing: new Placing(gateway, tracker, new AbortController().signal), tracker };
}

const order = { order: { customerId: 'ada', items: [{ sku: 'TEA-SENCHA', quantity: 1 }] }, cancelAfterMs: undefined };

describe('placing the orders of the demo', () => {
  it('counts those that a gateway took along when it died, or had no service for, and goes on', async () => {
    const { placing, tracker } = await answering(dies, unavailable, placed);
    for (let each = 0; each < 3; each++) placing.begin(order);
    await placing.finished();
    expect([...placing.refused.values()]).toEqual([1, 1]);
    expect(placing.refused.get('UNAVAILABLE')).toBe(1);
    expect(tracker.placed).toBe(1);
  });

  it('fails with what was said when no order was placed', async () => {
    const { placing } = await answering(unavailable);
    placing.begin(order);
    await expect(placing.finished()).rejects.toThrow('no command service');
  });
});

it('the end of orders is looked for again when the gateway was away at the first look', async () => {
  const { placing, tracker } = await answering(placed, dies, ended);
  placing.begin(order);
  await placing.finished();
  expect(await settle(tracker, placing.gateway, new Date(0).toISOString(), 20_000)).toBe(0);
  expect(tracker.confirmed).toBe(1);
});
