import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createTopics, repositoryRoot, waitUntilReady } from '@order-flow/all-in-one';
import {
  ConfigurationError,
  Identity,
  isPortFree,
  readSettings,
  refuseUnreachable,
  type Settings,
} from '@order-flow/service-kit';
import {
  type Ground,
  identityDirectory,
  type Instance,
  instanceOf,
  type Scale,
  type Service,
  serviceNames,
} from './plan.js';
import { ServiceProcess } from './service-process.js';

const SERVERS = ['EVENT_STORE_URL', 'KAFKA_BROKERS', 'MONGO_URL', 'REDIS_URL'] as const;
const READY_WITHIN_MS = 120_000;

export interface ClusterOptions {
  /** Of the processes, with the variables of all four servers. */
  readonly env: NodeJS.ProcessEnv;
  readonly dataDir: string;
  readonly portOffset: number;
  readonly scale: Scale;
  /** Programs that take the place of services. */
  readonly programs?: Readonly<Partial<Record<Service, readonly string[]>>>;
  /** Hears each line that an instance wrote. */
  readonly line: (instance: Instance, text: string) => void;
  /** Hears what becomes of an instance. */
  readonly note: (instance: Instance, text: string) => void;
}

/**
 * Of Node, for every service: most objects live for one order, so few are copied when the young ones have room, and a heap
 * that may double between two major collections has a third of them.
 */
export const NODE_FLAGS = ['--max-semi-space-size=32', '--heap-growing-percent=100', '--enable-source-maps'] as const;

/** A service's program with flags for Node. @throws ConfigurationError when it has not been built */
export function programOf(service: Service): readonly string[] {
  const file = join(repositoryRoot(), 'dist', `${service}.mjs`);
  if (existsSync(file)) return [...NODE_FLAGS, file];
  throw new ConfigurationError(`${file} is missing; build it: npm run cluster`);
}

/** Every service as processes of this machine. */
export class Cluster {
  readonly #processes: ServiceProcess[] = [];

  private constructor(
    readonly identity: Identity,
    readonly ground: Ground,
    private readonly options: ClusterOptions,
  ) {}

  /**
   * Makes the topics and the keys of tokens, then starts every service. What was started is stopped again when the start
   * fails.
   * @throws ConfigurationError when a server is not named, Error naming what is not ready in time
   */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { env, dataDir, portOffset, scale } = options;
    const settings = requireServers(readSettings(env));
    const ground: Ground = { settings, dataDir, portOffset };
    for (const service of serviceNames) await requirePorts(ground, service, scale[service]);
    await createTopics(settings);
    const identity = await Identity.fromDirectory(identityDirectory(dataDir));
    const cluster = new Cluster(identity, ground, options);
    try {
      for (const service of serviceNames) cluster.#start(service, scale[service]);
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get processes(): readonly ServiceProcess[] {
    return this.#processes;
  }

  of(service: Service): readonly ServiceProcess[] {
    return this.#processes.filter(({ instance }) => instance.service === service);
  }

  /** Starts or drains instances until there are so many. */
  async scale(service: Service, instances: number): Promise<void> {
    const running = this.of(service);
    for (const surplus of running.slice(instances).reverse()) {
      this.#processes.splice(this.#processes.indexOf(surplus), 1);
      await surplus.stop();
    }
    this.#start(service, instances);
  }

  /** Resolves when every instance says that it is ready. */
  ready(withinMs = READY_WITHIN_MS): Promise<void> {
    const urls = this.#processes.map(({ instance: { name, url } }) => [name, url] as const);
    return waitUntilReady(Object.fromEntries(urls), withinMs);
  }

  /** In reverse order, so that what others need goes last. */
  async stop(): Promise<void> {
    for (const service of [...serviceNames].reverse()) await Promise.all(this.of(service).map((each) => each.stop()));
    this.#processes.length = 0;
  }

  #start(service: Service, instances: number): void {
    const { env, line, note, programs } = this.options;
    const script = programs?.[service] ?? programOf(service);
    for (let index = this.of(service).length + 1; index <= instances; index++) {
      const instance = instanceOf(this.ground, service, index);
      this.#processes.push(new ServiceProcess({ instance, script, env, line, note }));
    }
  }
}

/** What listens there already would answer in the place of the service that cannot. @throws ConfigurationError */
async function requirePorts(ground: Ground, service: Service, instances: number): Promise<void> {
  for (let index = 1; index <= instances; index++) {
    const { name, port } = instanceOf(ground, service, index);
    refuseUnreachable(port, name);
    if (await isPortFree(port)) continue;
    throw new ConfigurationError(
      `port ${port}, of ${name}, is in use; stop what listens there (another cluster, npm start), or choose others with --port-offset N`,
    );
  }
}

function requireServers(settings: Settings): Settings {
  const missing = SERVERS.filter((name) => settings[name] === undefined);
  if (missing.length === 0) return settings;
  throw new ConfigurationError(
    `${missing.join(', ')} not set; name the servers, or bring up local ones: npm run servers -- up`,
  );
}
