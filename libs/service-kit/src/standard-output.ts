import { write, writeSync } from 'node:fs';

/** Milliseconds until a reader that is behind is tried again, and how long one may hold up the end of the process. */
const AGAIN_MS = 50;
const HOLD_UP_MS = 1_000;
const NOTHING = Buffer.alloc(0);

const isBehind = (error: unknown): boolean =>
  ['EAGAIN', 'EBUSY'].includes(String((error as NodeJS.ErrnoException | null)?.code));

/**
 * Lines to a file descriptor, in order and without waiting for its reader; what is left when the process ends is written then.
 * Pino's own destination tries for ever to write its last lines to a reader that is gone, and so keeps a process whose
 * parent was killed from ending.
 */
export class LineOutput {
  #lines: string[] = [];
  #rest: Buffer = NOTHING;
  #state: 'idle' | 'writing' | 'waiting' = 'idle';
  #gone = false;

  constructor(private readonly fd: number) {}

  write(line: string): void {
    if (this.#gone) return;
    this.#lines.push(line);
    if (this.#state === 'idle') this.#next();
  }

  /** Writes what is left, as long as the reader takes it. */
  flushSync(): void {
    const until = performance.now() + HOLD_UP_MS;
    // what is being written is on its way
    if (this.#state === 'writing') this.#rest = NOTHING;
    while (this.#take()) {
      try {
        this.#rest = this.#rest.subarray(writeSync(this.fd, this.#rest));
      } catch (error) {
        if (!isBehind(error) || performance.now() > until) this.#giveUp();
        else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
      }
    }
  }

  #next(): void {
    this.#state = 'idle';
    if (!this.#take()) return;
    this.#state = 'writing';
    write(this.fd, this.#rest, (error, written) => {
      if (isBehind(error)) {
        this.#state = 'waiting';
        setTimeout(() => this.#next(), AGAIN_MS);
        return;
      }
      if (error) this.#giveUp();
      else this.#rest = this.#rest.subarray(written);
      this.#next();
    });
  }

  /** Whether there is anything to write. */
  #take(): boolean {
    if (this.#rest.length === 0 && this.#lines.length > 0) {
      this.#rest = Buffer.from(this.#lines.join(''));
      this.#lines = [];
    }
    return this.#rest.length > 0;
  }

  #giveUp(): void {
    this.#gone = true;
    this.#lines = [];
    this.#rest = NOTHING;
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
