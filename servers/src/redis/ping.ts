import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Whether a server on this machine answers within so many milliseconds. */
export const answers = (port: number, withinMs = 1_000): Promise<boolean> =>
  replies(connect({ port, host: '127.0.0.1' }), /^\+PONG/, withinMs);

/** The same for one that speaks TLS, with whatever certificate, and asks for a password. */
export const answersSecurely = (port: number, withinMs = 1_000): Promise<boolean> =>
  replies(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }), /^-NOAUTH/, withinMs);

const replies = (socket: Socket, expected: RegExp, withinMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (answered: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(answered);
    };
    const late = setTimeout(() => end(false), withinMs);
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('data', (data) => end(expected.test(data.toString())));
    socket.write('PING\r\n');
  });
