import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { ConfigurationError } from './configuration.js';
import { addressProblem, demandProblem, refuseUnreadable } from './framework-problems.js';
import { type Caller, type Identity, type Role, UnauthenticatedError } from './identity.js';
import type { Running } from './lifecycle.js';
import type { Logger } from './logging.js';
import type { Metrics } from './metrics.js';
import { RequestWithOffer } from './offered-upgrade.js';
import { pathOf, refuseOtherMethods } from './other-methods.js';
import { forbidden, Problem } from './problem.js';
import type { Readiness } from './readiness.js';
import { type ContentSecurityPolicy, securityHeaders } from './security-headers.js';
import { endSilentConnections } from './silent-connections.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served without a token. Health and metrics are; everything with data is not. */
    readonly public?: boolean;
    /** Who is served; everybody with a token where it is left out. */
    readonly roles?: readonly Role[];
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller;
  }
}

/** Options of routes that are no customer's business. */
export const FOR_OPERATORS = { config: { roles: ['operator'] } } as const;
export const FOR_STAFF = { config: { roles: ['operator', 'service'] } } as const;

const CLOSE_GRACE_MS = 1_000;

export type HttpApp = FastifyInstance;

export interface HttpServerOptions {
  readonly service: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** Bytes; default 1 MiB. */
  readonly bodyLimit?: number;
  readonly contentSecurityPolicy?: ContentSecurityPolicy;
  readonly routes: (app: HttpApp) => Promise<void> | void;
}

export interface HttpServer extends Running {
  /** `http://127.0.0.1:8081` */
  readonly url: string;
  readonly port: number;
}

/** Status and code, and what to say instead of the framework's message. */
const bodyProblems: Readonly<Record<string, [status: number, code: string, detail?: string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'MALFORMED_JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'MALFORMED_JSON'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'UNSUPPORTED_MEDIA_TYPE', 'send JSON, with content-type: application/json'],
};

const validationProblem = (message: string, validation: NonNullable<FastifyError['validation']>): Problem =>
  new Problem(422, 'INVALID_INPUT', message, {
    errors: validation.slice(0, 10).map((issue) => ({ path: issue.instancePath, message: issue.message })),
  });

function asClientProblem(
  { code = '', validation, statusCode = 500, message = '' }: Partial<FastifyError>,
  bodyLimit: number,
): Problem | undefined {
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem(413, 'BODY_TOO_LARGE', `the body has more than ${bodyLimit} bytes`);
  const [status, name, detail = message] = bodyProblems[code] ?? [];
  if (status && name) return new Problem(status, name, detail);
  if (validation) return validationProblem(message, validation);
  return statusCode >= 400 && statusCode < 500 ? new Problem(statusCode, 'BAD_REQUEST', message) : undefined;
}

/** Any error as the problem to answer with; what is not foreseen is a 500 without details. */
function asProblem(error: unknown, bodyLimit: number): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof UnauthenticatedError) return new Problem(401, error.code, error.message);
  // Drivers of databases have numbers as codes.
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  if (typeof code === 'string' && code.endsWith('_UNAVAILABLE'))
    return new Problem(503, code, message ?? 'try again later');
  return (
    asClientProblem(error as Partial<FastifyError>, bodyLimit) ??
    new Problem(500, 'INTERNAL_ERROR', 'something went wrong; the log has the details')
  );
}

/** Sends a problem with its media type. */
export const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));

function serveHealth(app: HttpApp, { readiness, metrics, service }: HttpServerOptions): void {
  const open = { config: { public: true } };
  app.get('/health/live', open, () => ({ status: 'up', service }));
  app.get('/health/ready', open, async (_request, reply) =>
    reply
      .status(readiness.ready ? 200 : 503)
      .send({ status: readiness.ready ? 'up' : 'down', service, parts: readiness.report() }),
  );
  app.get('/metrics', open, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await metrics.text()),
  );
}

function measureRequests(app: HttpApp, metrics: Metrics): void {
  const duration = metrics.histogram('http_request_duration_seconds', 'Time to answer', ['method', 'route', 'status']);
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
}

/**
 * The one HTTP server of every service: health, metrics, authentication of every route that is not marked public,
 * problem+json errors, security headers, request metrics, and a close that waits for the requests under way.
 * @throws Error with code EADDRINUSE and a message that names the port
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, identity, logger } = options;
  const secure = await securityHeaders(options.contentSecurityPolicy);
  const app = fastify({
    loggerInstance: logger as never,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit ?? 1_048_576,
    // A topic's name may be that long.
    routerOptions: { maxParamLength: 249 },
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    http: { IncomingMessage: RequestWithOffer, requireHostHeader: false },
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply.headers(secure), addressProblem(error));
    },
    clientErrorHandler: refuseUnreadable,
  }) as unknown as HttpApp;
  app.removeContentTypeParser('text/plain');
  let stopping = false;
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(secure);
    const stop = stopping ? new Problem(503, 'STOPPING', `${options.service} is stopping; try again`) : undefined;
    done(stop ?? demandProblem(request.raw));
  });
  refuseOtherMethods(app);
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request: FastifyRequest) => {
    const { public: open, roles } = request.routeOptions.config;
    if (open) return;
    request.caller = await identity.authenticate(request.headers.authorization);
    if (roles && !roles.includes(request.caller.role)) throw forbidden(`this needs the role ${roles.join(' or ')}`);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const problem = asProblem(error, request.routeOptions.bodyLimit);
    if (problem.status >= 500) request.log.error({ err: error, url: request.url }, 'request failed');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler(async (request, reply) =>
    sendProblem(reply, new Problem(404, 'NOT_FOUND', `${request.method} ${pathOf(request)} does not exist`)),
  );
  measureRequests(app, options.metrics);
  serveHealth(app, options);
  await options.routes(app);
  const endSilent = endSilentConnections(app.server);
  await listen(app, options);
  const address = app.server.address();
  const actual = typeof address === 'object' && address ? address.port : port;
  const stop = (): Promise<void> => {
    stopping = true;
    return closeWithin(app, endSilent);
  };
  return { url: `http://${host}:${actual}`, port: actual, stop };
}

/** Waits for the requests under way; connections that are still open then are cut. */
async function closeWithin(app: HttpApp, endSilent: () => void): Promise<void> {
  endSilent();
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  await app.close().finally(() => clearTimeout(cut));
}

/** Ports above 1023 that browsers and fetch refuse to connect to (Fetch Standard, "bad port"). */
const REFUSED_BY_CLIENTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** @throws ConfigurationError for a port that nobody could come to */
export function refuseUnreachable(port: number, service: string): void {
  if (!REFUSED_BY_CLIENTS.has(port)) return;
  throw new ConfigurationError(`port ${port} of ${service} is one that browsers refuse; choose another port or offset`);
}

async function listen(app: HttpApp, { host, port, service }: HttpServerOptions): Promise<void> {
  refuseUnreachable(port, service);
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL' || code === 'EAI_AGAIN')
      throw new ConfigurationError(
        `BIND_ADDRESS="${host}" is no address of this machine; allowed: an IP address or host name to listen on`,
      );
    if (code !== 'EADDRINUSE') throw error;
    const message = `port ${port} on ${host} is in use: ${service} cannot listen; stop the other process or start with --port-offset N`;
    throw Object.assign(new Error(message, { cause: error }), { code });
  }
}
