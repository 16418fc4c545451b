import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createTopics } from '@order-flow/all-in-one';
import { startCommandService } from '@order-flow/command-service';
import { inProcessCoordination } from '@order-flow/coordination';
import { openEventLog } from '@order-flow/event-log';
import { openEventStore } from '@order-flow/event-store';
import { startEventStore, startKafka } from '@order-flow/servers';
import { Identity, readSettings, silentLogger } from '@order-flow/service-kit';

const EVENTS = 20_000;
const AN_APPEND = 50;

async function carried(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^bridge_events_total\S* (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Lets the bridge carry a backlog of deposits from the EventStoreDB emulator to one broker of Kafka. */
export async function benchBridge(): Promise<{ readonly eventsPerSecond: number }> {
  const [kafka, eventStore] = await Promise.all([startKafka(), startEventStore()]);
  const settings = readSettings({ KAFKA_BROKERS: kafka.brokers, EVENT_STORE_URL: eventStore.url });
  await createTopics(settings);
  const store = await openEventStore(settings, '');
  const log = await openEventLog(settings, '');
  const coordination = inProcessCoordination();
  try {
    for (let appended = 0; appended < EVENTS; appended += AN_APPEND) {
      const events = Array.from({ length: AN_APPEND }, () => ({
        id: randomUUID(),
        type: 'FundsDeposited',
        data: { accountId: 'ada', amount: { amount: 1, currency: 'EUR' } },
        metadata: { $correlationId: randomUUID(), $causationId: randomUUID(), schemaversion: 1 },
      }));
      await store.append(`account-${(appended / AN_APPEND) % 20}`, events, 'any');
    }
    const service = await startCommandService({
      store,
      log,
      leases: coordination.leases,
      identity: await Identity.ephemeral(),
      logger: silentLogger(),
      host: '127.0.0.1',
      port: 0,
    });
    try {
      const startedAt = performance.now();
      while ((await carried(service.server.url)) < EVENTS) await delay(20);
      return { eventsPerSecond: EVENTS / ((performance.now() - startedAt) / 1_000) };
    } finally {
      await service.stop();
    }
  } finally {
    await Promise.all([store.close(), log.close(), coordination.close()]);
    await Promise.all([kafka.down(), eventStore.down()]);
  }
}
