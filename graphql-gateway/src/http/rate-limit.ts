import type { RateLimits } from '@order-flow/coordination';
import { type Caller, type HttpApp, Problem } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who may ask for how much, and where it is counted. */
export interface RateLimit {
  readonly rates: RateLimits;
  readonly perMinute: number;
}

/** Operators, who act for many customers, pay a hundredth. */
const costOf = (role: Caller['role']): number => (role === 'operator' ? 0.01 : 1);

/** Takes one request from a caller's bucket; otherwise says after how many seconds there will be one. */
export const takeFrom = ({ rates, perMinute }: RateLimit, { role, subject }: Caller): Promise<'taken' | number> =>
  rates.take({ caller: `${role}:${subject}`, cost: costOf(role), perMinute });

function refuse(perMinute: number, seconds: number, reply: FastifyReply): never {
  void reply.header('retry-after', seconds);
  throw new Problem(429, 'RATE_LIMITED', `at most ${perMinute} requests a minute; try again in ${seconds} s`);
}

/** @throws Problem RATE_LIMITED (429) with Retry-After */
export async function limitRate(limit: RateLimit, caller: Caller, reply: FastifyReply): Promise<void> {
  const taken = await takeFrom(limit, caller);
  if (taken !== 'taken') refuse(limit.perMinute, taken, reply);
}

/** For those who cannot say who they are. @throws Problem RATE_LIMITED (429) with Retry-After */
export async function limitAddress(
  { rates, perMinute }: RateLimit,
  address: string,
  reply: FastifyReply,
): Promise<void> {
  const taken = await rates.take({ caller: `address:${address}`, cost: 1, perMinute });
  if (taken !== 'taken') refuse(perMinute, taken, reply);
}

/** Limits every route that needs a token; others limit themselves. */
export function limitRates(app: HttpApp, limit: RateLimit): void {
  app.addHook('onRequest', async (request: FastifyRequest, reply) => {
    if (!request.routeOptions.config.public && request.routeOptions.url) await limitRate(limit, request.caller, reply);
  });
}
