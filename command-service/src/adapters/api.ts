import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { deterministicId, timeOrderedId } from '@order-flow/contracts';
import { type EventStore, EventStoreError } from '@order-flow/event-store';
import { type HttpApp, Problem } from '@order-flow/service-kit';
import type { FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { CommandContext } from '../app/handle.js';
import type { Directory } from '../app/directory.js';
import { CommandRefused, type RefusalCode } from '../domain/decider.js';
import { accountRoutes } from './account-routes.js';
import { orderRoutes } from './order-routes.js';
import { productRoutes } from './product-routes.js';

export type Api = ReturnType<typeof withZod>;
export interface ApiContext {
  readonly store: EventStore;
  readonly directory: Directory;
}

const withZod = (app: HttpApp) => app.withTypeProvider<ZodTypeProvider>();

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

/** @throws Problem FORBIDDEN */
export function requireOperator({ caller }: FastifyRequest): void {
  if (caller.role !== 'operator') throw new Problem(403, 'FORBIDDEN', 'this needs an operator');
}

/** The commands over HTTP, with OpenAPI at `/docs`. */
export async function serveApi(app: HttpApp, context: ApiContext): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, public: true };
  });
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'kafka-order-flow commands',
        version: '1.0.0',
        description: 'Errors are RFC 9457 problem+json; `code` is stable.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  await app.register((scope, _options, done) => {
    const api = withZod(scope);
    orderRoutes(api, context);
    productRoutes(api, context);
    accountRoutes(api, context);
    done();
  });
}
