import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortOffset, issueTokens, seed } from '@order-flow/all-in-one';
import { Cluster, type Scale, type Service, type ServiceProcess } from '@order-flow/cluster';
import { openEventLog } from '@order-flow/event-log';
import { openEventStore } from '@order-flow/event-store';
import { openReadStore } from '@order-flow/read-store';
import {
  type RunningEventStore,
  type RunningKafka,
  type RunningMongo,
  type RunningRedis,
  startEventStore,
  startKafka,
  startMongo,
  startRedis,
} from '@order-flow/servers';
import { seededRandom } from '@order-flow/service-kit/testing';
import { audit } from '../audit.js';
import type { Finding } from '../checks/topics.js';
import { Load, type Target } from '../load.js';
import { settled } from '../settled.js';

const SETTLE_WITHIN_MS = 240_000;
const WORKERS = 8;
const THINK_MS = 100;

export interface SystemSettings {
  readonly seed: number;
  readonly brokers: 1 | 3;
  readonly scale: Scale;
  readonly say: (line: string) => void;
  /** Programs that take the place of services. */
  readonly programs?: Partial<Record<Service, readonly string[]>>;
}

/** The servers of a system, under the test's control. */
export interface Servers {
  readonly kafka: RunningKafka;
  readonly eventStore: RunningEventStore;
  readonly mongo: RunningMongo;
  readonly redis: RunningRedis;
}

interface Parts {
  readonly servers: Servers;
  readonly cluster: Cluster;
  readonly env: NodeJS.ProcessEnv;
  /** An operator's. */
  readonly token: string;
  /** Holds `services.log`, what the services wrote, and their state. */
  readonly dataDir: string;
}

async function startServers(brokers: 1 | 3): Promise<Servers> {
  const [kafka, eventStore, mongo, redis] = await Promise.all([
    startKafka({ brokers }),
    startEventStore(),
    startMongo(),
    startRedis(),
  ]);
  return { kafka, eventStore, mongo, redis };
}

/** The whole system: real servers, every service in processes of its own, and a load that goes on whatever happens. */
export class SystemUnderTest {
  readonly random: () => number;
  readonly #stopLoad = new AbortController();
  #loading: Promise<void> = Promise.resolve();

  private constructor(
    private readonly parts: Parts,
    readonly load: Load,
  ) {
    this.random = load.random;
  }

  get servers(): Servers {
    return this.parts.servers;
  }

  get cluster(): Cluster {
    return this.parts.cluster;
  }

  get env(): NodeJS.ProcessEnv {
    return this.parts.env;
  }

  /** Starts everything and puts the demo shop in. */
  static async begin({ seed: seedNumber, brokers, scale, say, programs }: SystemSettings): Promise<SystemUnderTest> {
    const dataDir = await mkdtemp(join(tmpdir(), 'system-'));
    const logs = createWriteStream(join(dataDir, 'services.log'));
    const servers = await startServers(brokers);
    const env = {
      ...process.env,
      EVENT_STORE_URL: servers.eventStore.url,
      KAFKA_BROKERS: servers.kafka.brokers,
      MONGO_URL: servers.mongo.url,
      REDIS_URL: servers.redis.url,
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      RATE_LIMIT_PER_MINUTE: '1000000',
    };
    try {
      const cluster = await Cluster.start({
        env,
        dataDir,
        portOffset: await freePortOffset(),
        scale,
        line: ({ name }, text) => logs.write(`${name} | ${text}\n`),
        note: ({ name }, text) => say(`${name} ${text}`),
        ...(programs ? { programs } : {}),
      });
      const { operator } = await issueTokens(cluster.identity);
      await seed(instancesOf(cluster, 'command-service')[0] ?? '', operator);
      const load = new Load(seededRandom(seedNumber), String(seedNumber));
      return new SystemUnderTest({ servers, cluster, env, token: operator, dataDir }, load);
    } catch (error) {
      await downAll(servers);
      throw error;
    }
  }

  startLoad(): void {
    this.#loading = this.load.run(this.#target(), this.#stopLoad.signal, { workers: WORKERS, thinkMs: THINK_MS });
  }

  /** Ends the load, sends again what has no answer, and waits until nothing is left to do. */
  async settle(): Promise<void> {
    this.#stopLoad.abort();
    await this.#loading;
    await this.cluster.ready();
    await this.load.settle(this.#target());
    await settled(instancesOf(this.cluster, 'graphql-gateway')[0] ?? '', this.parts.token, SETTLE_WITHIN_MS);
  }

  /** Recomputes everything from the event store and the topics. */
  async audit(): Promise<Finding[]> {
    const { EVENT_STORE_URL, KAFKA_BROKERS, MONGO_URL } = this.env;
    const store = await openEventStore({ EVENT_STORE_URL }, '');
    const log = await openEventLog({ KAFKA_BROKERS }, '');
    const readStore = await openReadStore({ MONGO_URL }, '');
    try {
      return await audit({ store, log, readStore }, this.load.acceptedOrders);
    } finally {
      await Promise.all([store.close(), log.close(), readStore.close()]);
    }
  }

  /** Any instance of a service. */
  any(service: Service): ServiceProcess {
    const instances = this.cluster.of(service);
    const chosen = instances[Math.floor(this.random() * instances.length)];
    if (!chosen) throw new Error(`there is no ${service}`);
    return chosen;
  }

  /** @param keep what the services wrote, and their state */
  async end(keep = false): Promise<void> {
    this.#stopLoad.abort();
    await this.#loading;
    await this.cluster.stop();
    await downAll(this.servers);
    if (!keep) await rm(this.parts.dataDir, { recursive: true, force: true });
  }

  #target(): Target {
    return {
      commands: instancesOf(this.cluster, 'command-service'),
      gateways: instancesOf(this.cluster, 'graphql-gateway'),
      token: this.parts.token,
    };
  }
}

const instancesOf = (cluster: Cluster, service: Service): string[] =>
  cluster.of(service).map(({ instance }) => instance.url);

async function downAll({ kafka, eventStore, mongo, redis }: Servers): Promise<void> {
  await Promise.all([kafka.down(), eventStore.down(), mongo.down(), redis.down()]);
}
