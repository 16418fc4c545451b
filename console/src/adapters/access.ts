import { describeIssues } from '@order-flow/contracts';
import { forbidden, Problem } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

/** Topics hold everybody's data. @throws Problem 403 FORBIDDEN */
export function requireOperator({ caller }: FastifyRequest): void {
  if (caller.role !== 'operator') throw forbidden('topics are for operators');
}

/** @throws Problem 422 INVALID_INPUT */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem(422, 'INVALID_INPUT', describeIssues(result.error));
}

/** Aborted when the caller has gone, or the server stops. */
export function whileWanted(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, stopping]);
}
