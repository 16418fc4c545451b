import { spawn } from 'node:child_process';
import { ServerError } from '../server.js';

const KEPT_CHARACTERS = 4_000;

/**
 * Runs a program to its end.
 * @throws ServerError with the end of its output when it fails or takes longer than `timeoutMs`
 */
export async function runProgram(command: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
  let output = '';
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-KEPT_CHARACTERS));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'an unknown end'));
  });
  if (code === 0) return;
  const end = code === 'SIGKILL' ? `took longer than ${timeoutMs / 1_000} s` : `failed (${code})`;
  throw new ServerError(`${command} ${end}:\n${output.trim()}`);
}
