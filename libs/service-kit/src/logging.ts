import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { standardOutput } from './standard-output.js';

export type { Logger } from 'pino';

/**
 * A structured logger: JSON lines, or readable ones on a terminal. Tokens and keys are never written.
 * @param format default: readable when standard output is a terminal
 */
export function createLogger(options: {
  readonly level?: string;
  readonly format?: 'json' | 'pretty' | undefined;
  readonly destination?: DestinationStream;
}): Logger {
  const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const destination =
    options.destination ??
    (format === 'pretty'
      ? pretty({ colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname', sync: true })
      : standardOutput());
  const settings = {
    level: options.level ?? 'info',
    redact: ['authorization', '*.authorization', 'headers.authorization', 'token', '*.token', 'password', '*.password'],
  };
  return pino(settings, destination);
}

export const silentLogger = (): Logger => pino({ level: 'silent' });
