import type { OpenedEventStore } from '../event-store.contract.js';
import { eventStoreContract } from '../event-store.contract.js';
import { openEventStoreDb } from './open-eventstoredb.js';

const url = process.env['EVENT_STORE_URL'] ?? '';
if (url === '') throw new Error('EVENT_STORE_URL names the server to test on; it is not set');

/** The server's own events lie among ours, and others may write to it. */
eventStoreContract(process.env['TEST_EVENT_STORE_NAME'] ?? 'The server at EVENT_STORE_URL', {
  features: { exclusive: false, checkpointAfterSkipping: 1_000, tooManyBytes: 1024 * 1024 },
  async open(): Promise<OpenedEventStore> {
    const open = () => openEventStoreDb({ url });
    const store = await open();
    return { store, reopen: open, close: () => store.close() };
  },
});
