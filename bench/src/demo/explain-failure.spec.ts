import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { z } from 'zod';
import { GatewayClient, GatewayError } from '../orders/gateway-client.js';
import { explainFailure } from './explain-failure.js';

const dying = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(dying.address() as { port: number }).port}`;
});
afterAll(() => new Promise((resolve) => dying.close(resolve)));

it('says that the connection broke when the system dies under the demo', async () => {
  const client = new GatewayClient(url, 'token', { connections: 1 });
  const failure = await client.execute(z.unknown(), '{ me { id } }').catch((error: unknown) => error);
  await client.close();
  expect(explainFailure(failure, url)).toMatch(/^The connection to http:.* broke \(\w+\): has the system stopped\?/);
});

it('says what the gateway refused, and nothing of what nobody foresaw', () => {
  expect(explainFailure(new GatewayError('FORBIDDEN', 'no'), url)).toBe('The gateway refused (FORBIDDEN): no');
  expect(explainFailure(new TypeError('a mistake'), url)).toBeUndefined();
});
