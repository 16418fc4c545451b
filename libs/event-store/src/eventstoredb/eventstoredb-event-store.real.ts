import { randomUUID } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
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

const HOUR = 3_600_000;

describe('A client whose clock is an hour', () => {
  it.each([
    ['behind', -HOUR],
    ['ahead', HOUR],
  ])('%s of the server appends all the same', async (_, shift) => {
    const store = await openEventStoreDb({ url, answerMs: 1_000, callMs: 2_000 });
    const realNow = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + shift);
    try {
      const id = randomUUID();
      const event = { id, type: 'Happened', data: {}, metadata: { $correlationId: id, $causationId: id } };
      await expect(store.append(`clock-${id}`, [event], 'no-stream')).resolves.toMatchObject({ revision: 0 });
    } finally {
      clock.mockRestore();
      await store.close();
    }
  });
});
