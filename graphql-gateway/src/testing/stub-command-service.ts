import {
  type HttpServer,
  type Identity,
  Metrics,
  Problem,
  Readiness,
  silentLogger,
  startHttpServer,
} from '@order-flow/service-kit';
import type { FastifyRequest } from 'fastify';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: FastifyRequest['headers'];
  readonly body: unknown;
}

/** A command service whose answers a test decides; it remembers what it was asked. */
export interface StubCommandService extends HttpServer {
  readonly received: Received[];
  /** How to answer from now on; a thrown Problem is answered as such. */
  answer: (request: Received) => unknown;
}

export const decidedOrder = (): object => ({
  orderId: '6b0f9f6e-9d5e-4a59-8b6c-0c2b7a6d9f01',
  status: 'PENDING',
  version: 1,
});

export async function startStubCommandService(identity: Identity): Promise<StubCommandService> {
  const received: Received[] = [];
  const server = await startHttpServer({
    service: 'command-service',
    host: '127.0.0.1',
    port: 0,
    identity,
    logger: silentLogger(),
    metrics: new Metrics('command-service'),
    readiness: new Readiness(),
    routes: (app) => {
      app.all('/*', async (request, reply) => {
        const { method, url: path, headers, body } = request;
        const seen = { method, path, headers, body };
        received.push(seen);
        const answer = await stub.answer(seen);
        return reply
          .status(method === 'POST' ? 201 : 200)
          .header('location', '/api/orders/1')
          .send(answer);
      });
    },
  });
  const stub: StubCommandService = { ...server, received, answer: decidedOrder };
  return stub;
}

export const refusing =
  (status: number, code: string, extra: Record<string, unknown> = {}) =>
  (): never => {
    throw new Problem(status, code, `refused: ${code}`, extra);
  };
