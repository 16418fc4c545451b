import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the installed program calls itself, such as `7.0.15`. */
export async function redisVersion(): Promise<string> {
  const { stdout } = await run('redis-server', ['--version']).catch(() => ({ stdout: '' }));
  return /v=([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
}
