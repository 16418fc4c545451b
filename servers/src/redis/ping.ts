import { connect } from 'node:net';

/** Whether a server on this machine answers within so many milliseconds. */
export const answers = (port: number, withinMs = 1_000): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answered: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(answered);
    };
    const late = setTimeout(() => end(false), withinMs);
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.write('PING\r\n');
  });
