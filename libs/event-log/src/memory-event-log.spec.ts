import { eventLogContract } from './event-log.contract.js';
import { openMemoryEventLog } from './memory-event-log.js';

eventLogContract(
  'memory',
  async () => {
    const log = await openMemoryEventLog();
    return { log, close: () => log.close() };
  },
  { cleansOnDemand: true, rebalanceWithin: 1_000 },
);
