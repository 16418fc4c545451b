import { readFile } from 'node:fs/promises';

/** Megabytes (10⁶ bytes) of a process. */
export interface Memory {
  /** Resident: what the system counts, with pages of mapped store files that it may drop at any time. */
  readonly resident: number;
  /** Of it, the process's own: heap, buffers, stacks. */
  readonly own: number;
}

/** Reads `/proc/<pid>/status` (Linux). */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const field = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6;
  return { resident: field('VmRSS'), own: field('RssAnon') };
}

/** Samples a process's memory until stopped, which gives the most that was seen. */
export function watchMemory(pid: number, everyMs = 200): () => Memory {
  let most: Memory = { resident: 0, own: 0 };
  const timer = setInterval(() => {
    void memoryOf(pid).then(({ resident, own }) => {
      most = { resident: Math.max(most.resident, resident), own: Math.max(most.own, own) };
    });
  }, everyMs);
  return () => {
    clearInterval(timer);
    return most;
  };
}
