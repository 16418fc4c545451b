import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, Settings, silentLogger } from '@order-flow/service-kit';
import { seed } from '../seed.js';
import { type Platform, startPlatform } from '../start-platform.js';
import { waitUntilReady } from '../wait-until-ready.js';

const PORTS = ['GATEWAY', 'COMMAND_SERVICE', 'PROCESSORS', 'PROJECTIONS', 'REGISTRY', 'CONSOLE'];

export interface GraphQLAnswer {
  readonly data?: Record<string, unknown>;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** The whole platform in this process, on free ports and a temporary directory. */
export class RunningPlatform {
  private constructor(
    readonly platform: Platform,
    readonly dataDir: string,
  ) {}

  static settings(overrides: Record<string, string | number> = {}): Settings {
    const ports = Object.fromEntries(PORTS.map((name) => [`${name}_PORT`, 0]));
    return Settings.parse({ ...ports, RATE_LIMIT_PER_MINUTE: 1_000_000, ...overrides });
  }

  static async start(
    options: { dataDir?: string; settings?: Record<string, string | number>; readyWithinMs?: number } = {},
  ): Promise<RunningPlatform> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'platform-')));
    const platform = await startPlatform(dataDir, RunningPlatform.settings(options.settings), 0, silentLogger());
    const running = new RunningPlatform(platform, dataDir);
    await waitUntilReady(running.urls, options.readyWithinMs ?? 20_000);
    return running;
  }

  get urls(): Record<keyof Platform['servers'], string> {
    const entries = Object.entries(this.platform.servers).map(([name, { url }]) => [name, url]);
    return Object.fromEntries(entries) as Record<keyof Platform['servers'], string>;
  }

  token(caller: Caller = { subject: 'operator', role: 'operator' }): Promise<string> {
    return this.platform.identity.issue(caller);
  }

  async seed(): Promise<void> {
    await seed(this.urls.commands, await this.token());
  }

  async graphql(query: string, variables: object = {}, caller?: Caller): Promise<GraphQLAnswer> {
    const response = await fetch(`${this.urls.gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await this.token(caller)}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphQLAnswer;
  }

  async stop(options: { keepData?: boolean } = {}): Promise<void> {
    await this.platform.stop();
    if (!options.keepData) await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Looks again and again until there is an answer, for at most 15 s unless told otherwise. */
export async function eventually<T>(look: () => Promise<T | undefined>, withinMs = 15_000): Promise<T> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within ${withinMs / 1_000} s`);
}
