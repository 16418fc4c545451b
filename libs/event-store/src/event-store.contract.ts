import { describe } from '@jest/globals';
import { appendingContract } from './contract/appending.contract.js';
import { deletingContract } from './contract/deleting.contract.js';
import type { EventStoreBackend } from './contract/fixture.js';
import { modelContract } from './contract/model.contract.js';
import { readingContract } from './contract/reading.contract.js';
import { subscribingContract } from './contract/subscribing.contract.js';

export type { EventStoreBackend, EventStoreFeatures, OpenedEventStore } from './contract/fixture.js';

/** What every event store must keep, as specs of the present test run. Each test opens the backend anew. */
export function eventStoreContract(name: string, backend: EventStoreBackend): void {
  describe(`${name} keeps the contract of an event store`, () => {
    appendingContract(backend);
    readingContract(backend);
    subscribingContract(backend);
    deletingContract(backend);
    modelContract(backend);
  });
}
