import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** The process that a member lives in. */
export interface MemberProcess {
  readonly host: string;
  readonly pid: number;
  readonly instance: string;
}

const INSTANCE = Symbol.for('order-flow.event-log.process');
const globals: { [INSTANCE]?: string | undefined } = globalThis as object;

export const thisProcess = (): MemberProcess => ({
  host: hostname(),
  pid: process.pid,
  instance: (globals[INSTANCE] ??= randomUUID()),
});

/**
 * True when the process surely ended, so that its members need not wait for their session to expire. A process of another
 * host (or container) is never called gone.
 */
export function isGone(other: MemberProcess, own: MemberProcess): boolean {
  if (other.host !== own.host) return false;
  if (other.pid === own.pid) return other.instance !== own.instance;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
