import { setTimeout as delay } from 'node:timers/promises';
import { startCommandService } from '@order-flow/command-service';
import { runService } from '@order-flow/composition';
import type { EventLog, LogWriter } from '@order-flow/event-log';
import { overriding } from '@order-flow/service-kit/testing';

/** Events first, and the position they stand for some time later, each in a transaction of its own. */
const inTwo = (writer: LogWriter): LogWriter => ({
  commit: async ({ records, ...rest }) => {
    await writer.commit({ records: records.slice(0, -1), ...rest });
    await delay(100);
    return writer.commit({ records: records.slice(-1) });
  },
  close: () => writer.close(),
});

const withoutItsTransaction = (log: EventLog): EventLog =>
  overriding(log, {
    openWriter: async (id) => (id === 'bridge' ? inTwo(await log.openWriter(id)) : log.openWriter(id)),
  });

/* A command service whose bridge does not carry events and position in one transaction. */
await runService(
  'command-service',
  ['EVENT_STORE_URL', 'KAFKA_BROKERS', 'REDIS_URL'],
  async ({ settings, parts, http }) =>
    startCommandService({
      ...http,
      port: settings.COMMAND_SERVICE_PORT,
      store: await parts.eventStore(),
      log: withoutItsTransaction(await parts.eventLog()),
      leases: (await parts.coordination()).leases,
    }),
);
