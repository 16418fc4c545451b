import { readFile } from 'node:fs/promises';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { openJournal } from '@order-flow/event-store/journal';
import type { Credentials } from './access.js';
import { accessCheck } from './access.js';
import { OpenCalls } from './open-calls.js';
import { GossipService, ServerFeaturesService, StreamsService } from './protocol/generated.js';
import { journalRecords } from './protocol/system-events.js';
import { appendService } from './services/append.js';
import { batchAppendService } from './services/batch-append.js';
import { deleteService, tombstoneService } from './services/deletion.js';
import { getSupportedMethods, gossipService } from './services/description.js';
import { readService } from './services/read.js';

export interface EmulatorOptions {
  /** Made when missing. The emulator's own: what the embedded event store wrote is not to be found here. */
  readonly dataDirectory: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Files in PEM; with them, TLS is the only way in. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** The user that is let in; without, everybody is. Clients send it over TLS only. */
  readonly credentials?: Credentials;
}

export interface RunningEmulator {
  readonly port: number;
  /** For `EVENT_STORE_URL`, without credentials. */
  readonly url: string;
  /** Takes no more calls, answers those under way, ends subscriptions, and closes the store. */
  stop(): Promise<void>;
}

/** An emulator that cannot start, for a reason that its user can put right. */
export class EmulatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmulatorError';
  }
}

/** The client reads messages of up to 17 MB. */
const LARGEST_MESSAGE = 17 * 1024 * 1024;
const SHUTDOWN_MS = 1_000;

/**
 * Serves EventStoreDB's protocol, as far as streams go, from an embedded event store: an emulator for development and tests.
 *
 * @throws EmulatorError for a port in use or certificates that cannot be read; EventStoreError for an unusable directory
 */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  const { host = '127.0.0.1', tls } = options;
  const credentials = await serverCredentials(tls);
  const journal = await openJournal(options.dataDirectory, journalRecords);
  const open = new OpenCalls();
  const check = accessCheck(options.credentials);
  const server = new Server({ 'grpc.max_receive_message_length': LARGEST_MESSAGE });
  let port = 0;
  server.addService(StreamsService, {
    read: readService(journal, check, open),
    append: appendService(journal, check),
    batchAppend: batchAppendService(journal, check, open),
    delete: deleteService(journal, check),
    tombstone: tombstoneService(journal, check),
  });
  server.addService(ServerFeaturesService, { getSupportedMethods });
  server.addService(GossipService, { read: gossipService(() => ({ host, port })) });
  try {
    port = await bind(server, `${host}:${options.port ?? 0}`, credentials);
  } catch (error) {
    await journal.close();
    throw error;
  }
  const stop = async (): Promise<void> => {
    const ended = open.end();
    await shutDown(server, ended);
    await journal.close();
  };
  let stopped: Promise<void> | undefined;
  return { port, url: `esdb://${host}:${port}?tls=${tls !== undefined}`, stop: () => (stopped ??= stop()) };
}

async function serverCredentials(tls: EmulatorOptions['tls']): Promise<ServerCredentials> {
  if (!tls) return ServerCredentials.createInsecure();
  try {
    const [certificate, key] = await Promise.all([readFile(tls.certificateFile), readFile(tls.keyFile)]);
    return ServerCredentials.createSsl(null, [{ cert_chain: certificate, private_key: key }]);
  } catch (error) {
    throw new EmulatorError(`the certificate or its key cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error) reject(new EmulatorError(`cannot listen on ${address}: ${reason(error)}`, { cause: error }));
      else resolve(port);
    });
  });
}

function reason({ message }: Error): string {
  return message.includes('EADDRINUSE') ? 'the port is in use; choose another one with --port' : message;
}

/** Waits for the calls under way, but not for ever: a client may keep one open. */
async function shutDown(server: Server, ended: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, SHUTDOWN_MS)));
  const done = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await Promise.race([Promise.all([done, ended]), late]);
  clearTimeout(timer);
  server.forceShutdown();
}
