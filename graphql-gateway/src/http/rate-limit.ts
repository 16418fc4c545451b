import { type HttpApp, Problem } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { costOf, type TokenBuckets } from './token-buckets.js';

/** @throws Problem RATE_LIMITED (429) with Retry-After */
export function limitRate(buckets: TokenBuckets, caller: string, reply: FastifyReply, cost = 1): void {
  const taken = buckets.take(caller, cost);
  if (taken === 'taken') return;
  void reply.header('retry-after', taken);
  throw new Problem(429, 'RATE_LIMITED', `at most ${buckets.perMinute} requests a minute; try again in ${taken} s`);
}

/** Limits every route that needs a token; others limit themselves. */
export function limitRates(app: HttpApp, buckets: TokenBuckets): void {
  app.addHook('onRequest', (request: FastifyRequest, reply, done) => {
    if (!request.routeOptions.config.public && request.routeOptions.url) {
      const { role, subject } = request.caller;
      limitRate(buckets, `${role}:${subject}`, reply, costOf(role));
    }
    done();
  });
}
