import { eventLogContract } from '../event-log.contract.js';
import { openKafkaEventLog } from '../kafka/open-kafka-event-log.js';
import type { EventLog } from '../port.js';

/** A log with the shortest session that a broker grants by default. */
export const openForTest = (brokers: readonly string[]): Promise<EventLog> =>
  openKafkaEventLog({ brokers, sessionTimeout: 6_000, heartbeatInterval: 1_000 });

/** The event log's contract on brokers that are known when its tests run. */
export const kafkaContract = (name: string, brokers: () => readonly string[]): void =>
  eventLogContract(
    name,
    async () => {
      let log = await openForTest(brokers());
      const reopen = async (): Promise<EventLog> => {
        await log.close();
        return (log = await openForTest(brokers()));
      };
      return { log, reopen, close: () => log.close() };
    },
    { cleansOnDemand: false, rebalanceWithin: 15_000, visibleWithin: 10_000 },
  );
