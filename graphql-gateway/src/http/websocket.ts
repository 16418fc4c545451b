import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import {
  type Caller,
  type HttpApp,
  type Identity,
  type Logger,
  Problem,
  UnauthenticatedError,
  writtenProblem,
} from '@order-flow/service-kit';
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { type Context, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { CallerQuota } from '../live/caller-quota.js';
import type { Gateway, RequestContext } from '../schema/context.js';
import { attendSocket, type Attended } from './attend-socket.js';
import { type RateLimit, takeFrom } from './rate-limit.js';
import { traceparentOf } from './traceparent.js';
import type { GraphqlServer } from './yoga.js';

const MAX_OPERATIONS = 100;
const MAX_CONNECTIONS = 10_000;
/** How long clients have to answer that they are being closed. */
const GOODBYE_MS = 1_000;

/** How Yoga is told of an operation: the request of the upgrade was a GET, by which nothing may be changed. */
const AS_POSTED = { method: 'POST' };

/** Yoga's own functions, which it leaves untyped. */
interface Engine {
  readonly schema: GraphQLSchema;
  parse(query: string): DocumentNode;
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[];
  contextFactory(): Promise<unknown>;
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  subscribe(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
}

/** What is known of whoever is at the other end of a socket; the caller once they have said who they are. */
interface Session extends Attended {
  caller?: Caller;
  authorization?: string;
  closed?: boolean;
  /** Lets the caller have another connection. */
  giveBack?: () => void;
}
type Connected = Context<Record<string, unknown>, Session>;

export interface WebsocketOptions {
  readonly gateway: Gateway;
  readonly server: GraphqlServer;
  readonly identity: Identity;
  readonly limit: RateLimit;
  /** Of connections. */
  readonly quota: CallerQuota;
  readonly logger: Logger;
}

const tokenOf = ({ connectionParams, extra }: Connected): string | undefined => {
  const named = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
  return typeof named === 'string' ? named : extra.request.headers.authorization;
};

/** What the engine needs to run one operation of a connection. @throws UnauthenticatedError when its token expired */
async function prepare(
  { gateway, server, identity }: WebsocketOptions,
  connection: Connected,
  payload: SubscribePayload,
) {
  const authorization = connection.extra.authorization ?? '';
  const caller = await identity.authenticate(authorization);
  const { request } = connection.extra;
  const context: RequestContext = { gateway, caller, authorization, traceparent: traceparentOf(request.headers) };
  const engine = server.getEnveloped({ ...context, request: AS_POSTED, params: payload } as never) as Engine;
  const document = engine.parse(payload.query);
  const errors = engine.validate(engine.schema, document);
  if (errors.length > 0) return errors;
  return {
    schema: engine.schema,
    document,
    operationName: payload.operationName,
    variableValues: payload.variables,
    contextValue: await engine.contextFactory(),
    engine,
  };
}

type Prepared = Exclude<Awaited<ReturnType<typeof prepare>>, readonly GraphQLError[]>;

const refused = (code: string, message: string): readonly GraphQLError[] => [
  new GraphQLError(message, { extensions: { code } }),
];

/** Who it is that connects, if they may have one connection more. @throws UnauthenticatedError */
async function admit({ identity, quota }: WebsocketOptions, connection: Connected): Promise<boolean> {
  const { extra } = connection;
  const authorization = tokenOf(connection);
  const caller = await identity.authenticate(authorization);
  if (extra.closed) return false;
  const giveBack = quota.take(caller);
  if (!giveBack) {
    extra.refuse(`at most ${quota.perCaller} connections of one caller`);
    return false;
  }
  Object.assign(extra, { caller, giveBack, ...(authorization ? { authorization } : {}) });
  return true;
}

/**
 * The graphql-ws protocol. The token comes in the `connection_init` payload, `{"authorization": "Bearer …"}`, or in the
 * HTTP header; without a valid one the connection is closed with 4403, and with 1013 when the caller has too many.
 */
function protocolServer(options: WebsocketOptions): Server<Session> {
  const { limit, logger } = options;
  return makeServer<Record<string, unknown>, Session>({
    onConnect: async (connection) => {
      try {
        return await admit(options, connection);
      } catch (error) {
        if (error instanceof UnauthenticatedError) return false;
        throw error;
      }
    },
    onClose: ({ extra }) => {
      extra.closed = true;
      extra.giveBack?.();
    },
    onSubscribe: async (connection, _id, payload) => {
      const { caller } = connection.extra;
      // As many as there were when it came, before anything is waited for: what came later counts against itself.
      const isOneTooMany = Object.keys(connection.subscriptions).length > MAX_OPERATIONS;
      if (!caller) return refused('UNAUTHENTICATED', 'the connection has not said whose it is');
      if ((await takeFrom(limit, caller)) !== 'taken')
        return refused('RATE_LIMITED', `at most ${limit.perMinute} requests a minute`);
      if (isOneTooMany)
        return refused('TOO_MANY_SUBSCRIPTIONS', `at most ${MAX_OPERATIONS} operations on a connection`);
      try {
        return await prepare(options, connection, payload);
      } catch (error) {
        if (error instanceof UnauthenticatedError) return refused(error.code, error.message);
        if (error instanceof GraphQLError) return [error];
        logger.error({ err: error }, 'an operation could not be prepared');
        return refused('INTERNAL', 'something went wrong; the log has the details');
      }
    },
    execute: (args) => (args as Prepared).engine.execute(args),
    subscribe: (args) => (args as Prepared).engine.subscribe(args),
  });
}

/** Why an upgrade is not taken up. */
function whyNot({ url }: IncomingMessage, { clients }: WebSocketServer): Problem | undefined {
  if (url?.split('?')[0] !== '/graphql') return new Problem(404, 'NOT_FOUND', 'WebSockets are served on /graphql');
  if (clients.size < MAX_CONNECTIONS) return undefined;
  return new Problem(503, 'BUSY', `at most ${MAX_CONNECTIONS} WebSockets are open at a time; try later`);
}

/** Serves WebSockets on `/graphql` of the app's server, and closes them (1001) before it closes. */
export function websocketEndpoint(app: HttpApp, options: WebsocketOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 1_048_576,
    handleProtocols: (offered) => (offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });
  const protocol = protocolServer(options);
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const problem = whyNot(request, sockets);
    if (problem) {
      socket.end(writtenProblem(problem));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) =>
      attendSocket(protocol, accepted, request, options.logger),
    );
  });
  app.addHook('preClose', async () => {
    const gone = new Promise<void>((resolve) => sockets.close(() => resolve()));
    for (const client of sockets.clients) client.close(1001, 'Going away');
    await Promise.race([gone, setTimeout(GOODBYE_MS, undefined, { ref: false })]);
    for (const client of sockets.clients) client.terminate();
  });
}
