import { type EventLog, openEventLog } from '@order-flow/event-log';
import type { SystemUnderTest } from './system-under-test.js';

/** The system's log, opened beside it. */
export const eventLogFor = ({ servers }: SystemUnderTest): Promise<EventLog> =>
  openEventLog({ KAFKA_BROKERS: servers.kafka.brokers }, '');
