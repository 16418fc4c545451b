import { writeSync } from 'node:fs';

/** How long a reader that is behind may hold up the process, and how often it is tried meanwhile; milliseconds. */
const HOLD_UP_MS = 1_000;
const AGAIN_MS = 5;
const NOTHING = Buffer.alloc(0);
const sleeper = new Int32Array(new SharedArrayBuffer(4));

const isBehind = (error: unknown): boolean =>
  ['EAGAIN', 'EBUSY'].includes(String((error as NodeJS.ErrnoException).code));

const notice = (dropped: number): string =>
  `${JSON.stringify({ level: 40, time: Date.now(), msg: `${dropped} lines are missing here: nobody read them in time` })}\n`;

/**
 * Lines to a file descriptor, written before `write` returns. A reader that is behind holds the process up once, for a
 * second; until it is back lines are dropped and counted, and the next one says how many. A reader that is gone is given up:
 * pino's own destination tries for ever to write to it, and so keeps a process whose parent was killed from ending.
 */
export class LineOutput {
  /** What of the last line is not written yet. */
  #rest: Buffer = NOTHING;
  #behind = false;
  #dropped = 0;
  #gone = false;

  constructor(private readonly fd: number) {}

  write(line: string): void {
    if (this.#gone) return;
    if (!this.#finish(0)) {
      this.#dropped++;
      return;
    }
    this.#rest = Buffer.from(this.#missing() + line);
    this.#finish(this.#behind ? 0 : HOLD_UP_MS);
  }

  /** Writes what is left, if the reader takes it. */
  flushSync(): void {
    if (this.#gone || !this.#finish(HOLD_UP_MS)) return;
    this.#rest = Buffer.from(this.#missing());
    this.#finish(HOLD_UP_MS);
  }

  /** What is told of the lines that were dropped. */
  #missing(): string {
    const told = this.#dropped > 0 ? notice(this.#dropped) : '';
    this.#dropped = 0;
    return told;
  }

  /** @returns whether nothing is left */
  #finish(patienceMs: number): boolean {
    const until = performance.now() + patienceMs;
    while (this.#rest.length > 0) {
      try {
        this.#rest = this.#rest.subarray(writeSync(this.fd, this.#rest));
        this.#behind = false;
      } catch (error) {
        this.#gone = !isBehind(error);
        this.#behind = performance.now() >= until;
        if (this.#gone || this.#behind) return false;
        Atomics.wait(sleeper, 0, 0, AGAIN_MS);
      }
    }
    return true;
  }
}

let shared: LineOutput | undefined;

/** Standard output, for all loggers of the process. */
export function standardOutput(): LineOutput {
  if (shared) return shared;
  const output = new LineOutput(process.stdout.fd);
  process.once('exit', () => output.flushSync());
  return (shared = output);
}
