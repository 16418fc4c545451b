import { deterministicId, timeOrderedId } from '@order-flow/contracts';
import { type EventStore, EventStoreError } from '@order-flow/event-store';
import { type HttpApp, Problem } from '@order-flow/service-kit';
import type { FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Orders } from '../app/aggregates.js';
import type { Directory } from '../app/directory.js';
import type { CommandContext } from '../app/handle.js';
import { CommandRefused, type RefusalCode } from '../domain/decider.js';

/** The server, whose routes are typed by their schemas. */
export const withZod = (app: HttpApp) => app.withTypeProvider<ZodTypeProvider>();
export type Api = ReturnType<typeof withZod>;
export interface ApiContext {
  readonly store: EventStore;
  readonly directory: Directory;
  readonly orders: Orders;
}

const statusOf: Readonly<Record<RefusalCode, number>> = {
  PRODUCT_EXISTS: 409,
  PRODUCT_NOT_FOUND: 422,
  PRODUCT_DISCONTINUED: 422,
  PRICE_CHANGED: 409,
  DUPLICATE_LINE: 422,
  CURRENCY_MISMATCH: 422,
  OUT_OF_RANGE: 422,
  ACCOUNT_EXISTS: 409,
  ACCOUNT_NOT_FOUND: 422,
  ACCOUNT_FROZEN: 422,
  ORDER_EXISTS: 409,
  ORDER_NOT_FOUND: 404,
  ORDER_NOT_CANCELLABLE: 409,
  ORDER_CLOSED: 409,
  IDEMPOTENCY_CONFLICT: 422,
  TOO_MUCH_CONTENTION: 503,
};

/** What an error of the domain or the store means in HTTP. */
function translate(error: unknown): unknown {
  if (error instanceof CommandRefused)
    return new Problem(statusOf[error.code], error.code, error.message, error.details);
  if (error instanceof EventStoreError && error.code === 'STORE_UNAVAILABLE') {
    return new Problem(503, error.code, 'the event store is away; try again with the same Idempotency-Key');
  }
  return error;
}

/** Runs a handler's work with the domain's errors as problems. */
export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}

/**
 * The command's identity. With an Idempotency-Key it derives from caller, operation and key, so a retry is the same
 * command; without one every request is a new command.
 */
export function commandContext(request: FastifyRequest, operation: string, input: unknown): CommandContext {
  const key = request.headers['idempotency-key'];
  const commandId =
    typeof key === 'string'
      ? deterministicId(request.caller.role, request.caller.subject, operation, key)
      : timeOrderedId(Date.now());
  const traceparent = request.headers['traceparent'];
  const trace = typeof traceparent === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent);
  return { commandId, correlationId: commandId, traceparent: trace ? traceparent : undefined, input };
}
