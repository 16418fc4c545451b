import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStoreDb } from '@order-flow/event-store';
import type { OpenedEventStore } from '@order-flow/event-store/contract';
import { eventStoreContract } from '@order-flow/event-store/contract';
import { startEmulator } from './emulator.js';

eventStoreContract('the EventStoreDB adapter on the emulator', {
  features: { exclusive: true, checkpointAfterSkipping: 1_000, tooManyBytes: 1024 * 1024 },
  async open(): Promise<OpenedEventStore> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'eventstoredb-emulator-contract-'));
    const emulator = await startEmulator({ dataDirectory });
    const open = () => openEventStoreDb({ url: emulator.url });
    const store = await open();
    return {
      store,
      reopen: open,
      close: async () => {
        await store.close();
        await emulator.stop();
        await rm(dataDirectory, { recursive: true });
      },
    };
  },
});
