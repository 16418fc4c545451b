import { isReadStoreAway } from '@order-flow/read-store';
import type { Logger, Metrics } from '@order-flow/service-kit';
import { type ExecutionArgs, getOperationAST, GraphQLError } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { RequestContext } from '../schema/context.js';
import { READ_STORE_AWAY } from '../schema/graphql-errors.js';
import { schema } from '../schema/schema.js';
import { documentLimits, LIMITS } from './limits.js';

export type GraphqlServer = YogaServerInstance<RequestContext, object>;

/** Limits are checked when a document is first seen; the verdict is cached with it. */
const limits: Plugin = {
  onParse: ({ parseFn, setParseFn }) => {
    setParseFn((source, options) => parseFn(source, { ...options, maxTokens: LIMITS.tokens }) as unknown);
  },
  onValidate: ({ addValidationRule }) => {
    addValidationRule(documentLimits);
  },
};

/** Counts operations by type and outcome. */
function counting(metrics: Metrics): Plugin {
  const operations = metrics.counter('gateway_operations_total', 'GraphQL operations', ['type', 'outcome']);
  const outcomeOf = (result: object): string => ('errors' in result && result.errors ? 'errors' : 'ok');
  return {
    onExecute: ({ args }) => ({
      onExecuteDone: ({ result }) => {
        const { document, operationName } = args as ExecutionArgs;
        const type = getOperationAST(document, operationName)?.operation ?? 'unknown';
        operations.inc({ type, outcome: outcomeOf(result) });
      },
    }),
    onSubscribe: () => ({
      onSubscribeResult: ({ result }) => operations.inc({ type: 'subscription', outcome: outcomeOf(result) }),
    }),
  };
}

const isExpected = (error: unknown): error is GraphQLError =>
  error instanceof GraphQLError && (!error.originalError || isExpected(error.originalError));

/** The engine refuses variables that do not fit their types before anything ran, and over HTTP without a code. */
function withCode(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== undefined || error.path) return error;
  const { message, nodes, extensions } = error;
  return new GraphQLError(message, { nodes: nodes ?? null, extensions: { ...extensions, code: 'BAD_USER_INPUT' } });
}

/**
 * Errors that were meant for the caller pass. A read store that is away is told as that; anything else is answered as
 * INTERNAL without details. Both are logged.
 */
function maskedBy(logger: Logger) {
  return (error: unknown): Error => {
    if (isExpected(error)) return withCode(error);
    const { path, nodes, originalError = error } = error instanceof GraphQLError ? error : {};
    const away = isReadStoreAway(originalError);
    if (away) logger.warn({ err: originalError }, 'the read store does not answer');
    else logger.error({ err: originalError }, 'a resolver failed');
    return new GraphQLError(away ? READ_STORE_AWAY : 'something went wrong; the log has the details', {
      ...(path ? { path } : {}),
      ...(nodes ? { nodes } : {}),
      extensions: { code: away ? 'SERVICE_UNAVAILABLE' : 'INTERNAL' },
    });
  };
}

/** GraphQL over the schema, with limits, masking and metrics; HTTP, SSE and WebSocket share it. */
export const createGraphqlServer = (logger: Logger, metrics: Metrics): GraphqlServer =>
  createYoga<RequestContext, object>({
    schema,
    graphqlEndpoint: '/graphql',
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    maskedErrors: { maskError: maskedBy(logger) },
    plugins: [limits, counting(metrics)],
  });
