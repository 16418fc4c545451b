import { readdir, readFile } from 'node:fs/promises';

async function standsStill(thread: string): Promise<boolean> {
  const stat = await readFile(`${thread}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

/** Whether a process was stopped by a signal, with all its threads, and waits to be continued (Linux). */
export async function isPaused(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`;
  const threads = await readdir(tasks).catch(() => []);
  const still = await Promise.all(threads.map((thread) => standsStill(`${tasks}/${thread}`)));
  return still.length > 0 && still.every(Boolean);
}
