import { readFile } from 'node:fs/promises';
import { Ready } from '@order-flow/all-in-one';
import type { DemoOptions } from './options.js';

/** There is no system to send orders to; the message says how to start one. */
export class NoSystem extends Error {}

export interface System {
  readonly gateway: string;
  readonly token: string;
}

/** Where `npm start` and `npm run cluster` write unless told otherwise. */
const READY_FILES = ['.data/ready.json', '.data/cluster/ready.json'];

const HOW_TO_START =
  'Start one with `npm start` or `npm run cluster` in another terminal and wait until it is ready, ' +
  'or name one: npm run demo -- --gateway URL --token TOKEN';

/** Finds the running system. @throws NoSystem */
export async function findSystem(options: DemoOptions, env: NodeJS.ProcessEnv): Promise<System> {
  const files = options.readyFile === undefined ? READY_FILES : [options.readyFile];
  const ready = await firstReady(files);
  mustName(ready, options);
  const gateway = options.gateway ?? ready?.urls.gateway ?? 'http://127.0.0.1:8080';
  const token = options.token ?? env['ORDER_FLOW_TOKEN'] ?? ready?.tokens.operator;
  if (!URL.canParse(gateway)) throw new NoSystem(`--gateway ${gateway} is no URL, such as http://127.0.0.1:8080`);
  await mustAnswer(gateway);
  if (token) return { gateway: gateway.replace(/\/$/, ''), token };
  throw new NoSystem(
    `${gateway} answers, but ${files.join(' or ')} is not there to name an operator's token. ` +
      'Give the one that `npm start` printed: --token TOKEN, or ORDER_FLOW_TOKEN in the environment',
  );
}

/** A file that was asked for and is not there is a mistake, unless the gateway is named too. */
function mustName(ready: Ready | undefined, { readyFile, gateway }: DemoOptions): void {
  if (!ready && readyFile !== undefined && gateway === undefined)
    throw new NoSystem(`${readyFile} is not there, so it names no system. ${HOW_TO_START}`);
}

async function firstReady(files: readonly string[]): Promise<Ready | undefined> {
  for (const file of files) {
    const ready = await readReadyFile(file);
    if (ready) return ready;
  }
  return undefined;
}

async function readReadyFile(file: string): Promise<Ready | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Ready.parse(JSON.parse(text));
  } catch {
    throw new NoSystem(`${file} is no ready file of a system. ${HOW_TO_START}`);
  }
}

async function mustAnswer(gateway: string): Promise<void> {
  const response = await fetch(new URL('/health/ready', gateway), { signal: AbortSignal.timeout(5_000) }).catch(
    () => undefined,
  );
  if (!response) throw new NoSystem(`No system answers at ${gateway}. ${HOW_TO_START}`);
  const text = await response.text();
  if (!response.ok) throw new NoSystem(`The system at ${gateway} is not ready (${response.status}): ${text}`);
}
