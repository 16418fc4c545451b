import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Browsers open connections ahead of need. One that has not carried a request yet is not idle to Node, which would wait
 * for it when the server closes: such connections are ended when the server stops.
 */
export function endSilentConnections(server: Pick<Server, 'on'>, stopping: AbortSignal): void {
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (stopping.aborted) socket.destroy();
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  stopping.addEventListener('abort', () => {
    for (const socket of silent) socket.destroy();
  });
}
