import { readFile } from 'node:fs/promises';

/** Ticks of `/proc/<pid>/stat`; 100 a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of processor that a process has used, all threads together (Linux); NaN elsewhere. Unlike the time on the clock
 * it does not depend on what else the machine does.
 */
export async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
