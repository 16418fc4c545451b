import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Browsers open connections ahead of need. One that has not carried a request yet is not idle to Node, which would wait
 * for it when the server closes: what this returns ends them.
 */
export function endSilentConnections(server: Pick<Server, 'on'>): () => void {
  const silent = new Set<Socket>();
  let stopping = false;
  server.on('connection', (socket: Socket) => {
    if (stopping) socket.destroy();
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  for (const carried of ['request', 'upgrade'])
    server.on(carried, ({ socket }: IncomingMessage) => silent.delete(socket));
  return () => {
    stopping = true;
    for (const socket of silent) socket.destroy();
  };
}
