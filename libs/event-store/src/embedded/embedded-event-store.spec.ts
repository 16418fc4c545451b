import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStoreContract } from '../event-store.contract.js';
import type { OpenedEventStore } from '../event-store.contract.js';
import { openEmbeddedEventStore } from './embedded-event-store.js';

eventStoreContract('the embedded event store', {
  features: { exclusive: true, checkpointAfterSkipping: 2_000, tooManyBytes: 1024 * 1024 },
  async open(): Promise<OpenedEventStore> {
    const path = await mkdtemp(join(tmpdir(), 'event-store-'));
    const store = await openEmbeddedEventStore({ path });
    return {
      store,
      reopen: () => openEmbeddedEventStore({ path }),
      close: async () => {
        await store.close();
        await rm(path, { recursive: true });
      },
    };
  },
});
