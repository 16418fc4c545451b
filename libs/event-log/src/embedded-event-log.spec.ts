import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEventLog } from './embedded-event-log.js';
import { eventLogContract } from './event-log.contract.js';

eventLogContract(
  'embedded',
  async () => {
    const path = mkdtempSync(join(tmpdir(), 'event-log-'));
    let log = await openEmbeddedEventLog({ path });
    const reopen = async () => {
      await log.close();
      log = await openEmbeddedEventLog({ path });
      return log;
    };
    const close = async () => {
      await log.close();
      rmSync(path, { recursive: true, force: true });
    };
    return { log, reopen, close };
  },
  { cleansOnDemand: true, rebalanceWithin: 1_000 },
);
