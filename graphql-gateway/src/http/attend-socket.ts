import type { IncomingMessage } from 'node:http';
import type { Logger } from '@order-flow/service-kit';
import { CloseCode, type Server } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { OperationTurns } from './operation-turns.js';

/** What a socket may be asked to answer while its client reads nothing; bytes. */
const MAX_UNREAD = 4 * 1024 * 1024;

/** How often a client has to show that it is there; milliseconds. */
const KEEP_ALIVE_MS = 12_000;

/** Ends a socket whose client did not answer the ping before. @returns how to stop */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const pings = setInterval(() => {
    if (!answered) socket.terminate();
    else socket.ping();
    answered = false;
  }, KEEP_ALIVE_MS).unref();
  return () => clearInterval(pings);
}

/** What a protocol server learns of a socket. */
export interface Attended {
  readonly request: IncomingMessage;
  /** Closes it, to be tried again later (1013). */
  readonly refuse: (reason: string) => void;
}

/**
 * Lets a protocol server speak over one accepted socket. A client that vanishes, breaks the framing or never reads what it
 * asks for ends its own connection and is no error of ours.
 */
export function attendSocket(
  server: Server<Attended>,
  socket: WebSocket,
  request: IncomingMessage,
  logger: Logger,
): void {
  const stopPings = keepAlive(socket);
  let turns: OperationTurns | undefined;
  const closed = server.opened(
    {
      protocol: socket.protocol,
      // Resolved when it is on its way, so that one subscription waits for its reader; and when nobody reads any more.
      send: (text) =>
        new Promise<void>((resolve) => {
          socket.send(text, () => resolve());
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => {
        const operations = (turns = new OperationTurns(handle));
        socket.on('message', (data: RawData) => {
          if (socket.bufferedAmount > MAX_UNREAD) {
            socket.terminate();
            return;
          }
          const handled = operations.take((data as Buffer).toString());
          if (!handled) {
            socket.close(CloseCode.BadRequest, 'Invalid message received');
            return;
          }
          handled.catch((error: unknown) => {
            logger.error({ err: error }, 'a WebSocket message could not be handled');
            socket.close(CloseCode.InternalServerError, 'something went wrong; the log has the details');
          });
        });
      },
    },
    { request, refuse: (reason) => socket.close(1013, reason) },
  );
  // ws closes it with the code that fits
  socket.on('error', (error) => logger.debug({ err: error }, 'a WebSocket ended with an error'));
  socket.once('close', (code, reason) => {
    stopPings();
    turns?.close();
    void closed(code, reason.toString());
  });
}
