import { describeIssues } from '@order-flow/contracts';
import { Problem } from '@order-flow/service-kit';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';

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
