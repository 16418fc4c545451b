import { join } from 'node:path';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { streamsConformance } from './conformance.contract.js';
import { lmdbStates } from './testing/lmdb-states.js';

streamsConformance('LMDB', async () => {
  const { path, state, close } = lmdbStates();
  const log = await openEmbeddedEventLog({ path: join(path, 'log') });
  return { log, state, close: () => close(() => log.close()) };
});
