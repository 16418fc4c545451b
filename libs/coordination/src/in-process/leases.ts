import type { Lease, Leases } from '../leases.js';

type Waiter = () => void;

/** The turns of those who want one lease. */
interface Queue {
  held: boolean;
  readonly waiting: Set<Waiter>;
}

/** Leases of one process: in the order of the calls. They are never lost, for the holder ends with the process. */
export function inProcessLeases(): Leases {
  const queues = new Map<string, Queue>();
  let lastToken = 0;

  const handOn = (name: string, queue: Queue): void => {
    const [next] = queue.waiting;
    queue.held = next !== undefined;
    if (next) next();
    else queues.delete(name);
  };
  const turn = (queue: Queue, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        queue.waiting.delete(granted);
        signal.removeEventListener('abort', aborted);
      };
      const granted = (): void => {
        end();
        resolve();
      };
      const aborted = (): void => {
        end();
        reject(signal.reason as Error);
      };
      queue.waiting.add(granted);
      signal.addEventListener('abort', aborted);
    });
  const held = (name: string, queue: Queue): Lease => {
    let released = false;
    const release = async (): Promise<void> => {
      if (released) return;
      released = true;
      handOn(name, queue);
    };
    return { name, token: ++lastToken, lost: new AbortController().signal, release };
  };

  return {
    async acquire(name, { signal }) {
      signal.throwIfAborted();
      const queue = queues.get(name) ?? { held: false, waiting: new Set() };
      queues.set(name, queue);
      if (queue.held) await turn(queue, signal);
      queue.held = true;
      return held(name, queue);
    },
  };
}
