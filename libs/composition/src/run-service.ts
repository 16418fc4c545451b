import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import {
  asDiskFailure,
  ConfigurationError,
  createLogger,
  Identity,
  isExplained,
  Lifecycle,
  type Logger,
  readSettings,
  type Settings,
} from '@order-flow/service-kit';
import { withHostname } from './advertised-url.js';
import { type Parts, partsOf } from './parts.js';
import { type Serving, startRegistered } from './start-registered.js';

/** What a service that is a process of its own is started with. */
export interface ServiceProcess {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly lifecycle: Lifecycle;
  /** For its HTTP server. */
  readonly http: { readonly host: string; readonly identity: Identity; readonly logger: Logger };
}

/** Names a server in the environment. */
export type ServerVariable = 'EVENT_STORE_URL' | 'KAFKA_BROKERS' | 'MONGO_URL' | 'REDIS_URL';

function requireServers(settings: Settings, needed: readonly ServerVariable[], service: string): void {
  const missing = needed.filter((name) => settings[name] === undefined);
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${missing.join(', ')} not set; ${service} as a process of its own runs on ${needed.join(', ')} ` +
      '(npm start runs everything in one process, on embedded stores)',
  );
}

/** Stops at SIGTERM and SIGINT, and when the process that started this one with a channel is gone. */
function stopsWith(stop: (reason: string) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal));
  const orphaned = (): void => stop('the parent process is gone');
  // false, and not undefined, is a channel that closed before anybody listened
  if ((process.connected as boolean | undefined) === false) orphaned();
  else if (process.channel) process.on('disconnect', orphaned);
}

async function run(
  service: string,
  needed: readonly ServerVariable[],
  start: (frame: ServiceProcess) => Promise<Serving>,
): Promise<void> {
  const startedAt = performance.now();
  const settings = readSettings(process.env);
  requireServers(settings, needed, service);
  const logger = createLogger({ level: settings.LOG_LEVEL, format: settings.LOG_FORMAT }).child({ service });
  const lifecycle = new Lifecycle(logger);
  const state = { stopping: false };
  stopsWith((reason) => {
    if (state.stopping) return;
    state.stopping = true;
    logger.info({ reason }, `${service} stops: ${reason}`);
    void lifecycle.stop().then(() => {
      logger.info(`${service} has stopped`);
      process.exit(0);
    });
  });
  const dataDir = resolve(settings.DATA_DIR);
  try {
    const identity = await Identity.verifier(resolve(settings.IDENTITY_DIR ?? join(dataDir, 'identity')));
    const parts = partsOf(settings, dataDir, lifecycle);
    const { directory } = await parts.coordination();
    const frame = { settings, parts, lifecycle, http: { host: settings.BIND_ADDRESS, identity, logger } };
    const { server } = await startRegistered(service, () => start(frame), {
      lifecycle,
      directory,
      advertisedUrl: settings.ADVERTISED_URL && withHostname(settings.ADVERTISED_URL, hostname()),
    });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    logger.info({ url: server.url }, `${service} listens at ${server.url} (${seconds} s)`);
  } catch (error) {
    if (state.stopping) return;
    await lifecycle.stop();
    throw asDiskFailure(error, dataDir);
  }
}

/**
 * Runs one service as this process: settings from the environment, its parts on real servers, registered while it runs,
 * stopped by signals. What cannot start says why in one line and ends with exit code 1.
 * @param needed the servers that it cannot do without
 */
export async function runService(
  service: string,
  needed: readonly ServerVariable[],
  start: (frame: ServiceProcess) => Promise<Serving>,
): Promise<void> {
  try {
    await run(service, needed, start);
  } catch (error) {
    console.error(isExplained(error) ? `${service} cannot start: ${error.message}` : error);
    process.exit(1);
  }
}
