import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { ServerError } from '../server.js';

const run = promisify(execFile);

/** A program of the machine's that a server needs. */
export interface Program {
  readonly command: string;
  readonly versionArgument: string;
  /** Oldest major version that will do. */
  readonly atLeast: number;
  /** What to do when it is missing. */
  readonly remedy: string;
}

/** The major version in what a program says about itself, such as `openjdk version "17.0.15"`. */
export function majorVersion(text: string): number {
  const [, major, minor] = /(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  // Java called itself 1.8 before it was called 9
  return Number(major) === 1 ? Number(minor) : Number(major);
}

const ask = ({ command, versionArgument }: Program): Promise<{ stdout: string; stderr: string } | undefined> =>
  run(command, [versionArgument]).catch(() => undefined);

/** Whether there is such a program, of whatever version. */
export const isInstalled = async (program: Program): Promise<boolean> => (await ask(program)) !== undefined;

/** @throws ServerError with the remedy when the program is missing or too old */
export async function requireProgram(program: Program): Promise<void> {
  const { command, atLeast, remedy } = program;
  const answer = await ask(program);
  if (!answer) throw new ServerError(`${command} is needed and was not found; ${remedy}`);
  const said = stripVTControlCharacters(answer.stdout + answer.stderr);
  if (!(majorVersion(said) >= atLeast))
    throw new ServerError(
      `${command} ${atLeast} or newer is needed, and this is ${said.split('\n')[0] ?? ''}; ${remedy}`,
    );
}
