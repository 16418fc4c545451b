import { readFile } from 'node:fs/promises';

/** Whether a process was stopped by a signal and waits to be continued (Linux). */
export async function isPaused(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}
