import { eventLogContract } from '../event-log.contract.js';
import type { EventLog } from '../port.js';
import { openKafkaEventLog } from './open-kafka-event-log.js';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
if (brokers.length === 0) throw new Error('KAFKA_BROKERS names the servers to test on; it is not set');

/** The shortest session that a broker grants by default. */
const open = (): Promise<EventLog> => openKafkaEventLog({ brokers, sessionTimeout: 6_000, heartbeatInterval: 1_000 });

eventLogContract(
  'Kafka',
  async () => {
    let log = await open();
    const reopen = async (): Promise<EventLog> => {
      await log.close();
      return (log = await open());
    };
    return { log, reopen, close: () => log.close() };
  },
  { cleansOnDemand: false, rebalanceWithin: 15_000, visibleWithin: 10_000 },
);
