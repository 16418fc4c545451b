import { setTimeout as delay } from 'node:timers/promises';
import { serviceNames, type Service } from '@order-flow/cluster';
import { StrayBridge } from './stray-bridge.js';
import type { SystemUnderTest } from './system-under-test.js';

/** Something that goes wrong and passes; resolves when it has passed. */
export interface Fault {
  readonly name: string;
  readonly happen: (system: SystemUnderTest) => Promise<void>;
}

/** Milliseconds, beyond the session time-out of a consumer group and the lease of the bridge. */
const FREEZE_MS = 12_000;

const within = (system: SystemUnderTest, least: number, most: number): Promise<void> =>
  delay(least + system.random() * (most - least));

/** SIGKILL; the cluster starts it again. */
export const killService = (service: Service): Fault => ({
  name: `kill ${service}`,
  happen: async (system) => {
    system.any(service).signal('SIGKILL');
    await within(system, 500, 2_000);
  },
});

/** It stands still until others have taken over its work, and then goes on as if nothing had happened: a zombie. */
const freezeService = (service: Service): Fault => ({
  name: `freeze ${service}`,
  happen: async (system) => {
    const frozen = system.any(service);
    frozen.signal('SIGSTOP');
    await within(system, FREEZE_MS, FREEZE_MS + 3_000);
    frozen.signal('SIGCONT');
  },
});

const killBroker: Fault = {
  name: 'kill a broker',
  happen: async (system) => {
    const { kafka } = system.servers;
    const broker = 1 + Math.floor(system.random() * 3);
    await kafka.kill(broker);
    await within(system, 1_000, 4_000);
    await kafka.start(broker);
    await kafka.inSync();
  },
};

/** It comes back empty. */
const killRedis: Fault = {
  name: 'kill Redis',
  happen: async (system) => {
    const { redis } = system.servers;
    await redis.kill();
    await within(system, 500, 3_000);
    await redis.start();
  },
};

const killEventStore: Fault = {
  name: 'kill the event store',
  happen: async (system) => {
    const { eventStore } = system.servers;
    await eventStore.kill();
    await within(system, 200, 2_000);
    await eventStore.start();
  },
};

const freezeMongo: Fault = {
  name: 'freeze MongoDB',
  happen: async (system) => {
    const { mongo } = system.servers;
    await mongo.pause();
    await within(system, 2_000, 5_000);
    await mongo.resume();
  },
};

/** A second bridge that knows nothing of the first one's lease: each fences the other again and again. */
const twoBridges: Fault = {
  name: 'two bridges at once',
  happen: async (system) => {
    const stray = await StrayBridge.start(system);
    await within(system, 4_000, 6_000);
    await stray.stop();
  },
};

const scaleUpAndDown: Fault = {
  name: 'scale up and down',
  happen: async (system) => {
    const scaled = ['processors', 'projections', 'command-service'] as const;
    const before = scaled.map((service) => system.cluster.of(service).length);
    for (const [at, service] of scaled.entries()) await system.cluster.scale(service, (before[at] ?? 1) + 1);
    await within(system, 5_000, 7_000);
    for (const [at, service] of scaled.entries()) await system.cluster.scale(service, before[at] ?? 1);
  },
};

/** Each service and server is hit at least once. */
export const rotation: readonly Fault[] = [
  killService('command-service'),
  killBroker,
  killService('processors'),
  killRedis,
  killService('projections'),
  freezeService('processors'),
  twoBridges,
  killEventStore,
  killService('graphql-gateway'),
  freezeService('projections'),
  scaleUpAndDown,
  freezeService('command-service'),
  freezeMongo,
  killService('registry'),
  killService('console'),
];

/** A service that no fault of the rotation hits would go untested. */
export const untouched = (): Service[] =>
  serviceNames.filter((service) => !rotation.some(({ name }) => name === `kill ${service}`));
