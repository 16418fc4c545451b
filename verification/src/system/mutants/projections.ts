import { runService } from '@order-flow/composition';
import { startProjections } from '@order-flow/projections';
import type { Documents, ReadStore } from '@order-flow/read-store';
import { overriding } from '@order-flow/service-kit/testing';
import type { AnyBulkWriteOperation, Document } from 'mongodb';

type Stored = Document & { _id: string };
type Operation = AnyBulkWriteOperation<Stored>;

/** Whatever stands there is replaced. */
const unconditional = (operation: Operation): Operation =>
  'replaceOne' in operation
    ? { replaceOne: { ...operation.replaceOne, filter: { _id: operation.replaceOne.filter._id as string } } }
    : operation;

/** A collection whose documents have forgotten which records they hold. */
const forgetful = (documents: Documents<Stored>): unknown =>
  overriding<object>(documents, {
    find: (filter: object) => ({
      toArray: async () => (await documents.find(filter).toArray()).map((found) => ({ ...found, applied: {} })),
    }),
    bulkWrite: (operations: readonly Operation[], options: object) =>
      documents.bulkWrite(operations.map(unconditional), options),
  });

const withoutGuards = (store: ReadStore): ReadStore => ({
  collection: ((name: string) =>
    /__\d+$/.test(name) ? forgetful(store.collection(name)) : store.collection(name)) as ReadStore['collection'],
  collections: () => store.collections(),
  identity: () => store.identity(),
  ping: () => store.ping(),
  close: () => store.close(),
});

/* Projections that neither look at the offsets in a document nor write on condition of its revision. */
await runService('projections', ['KAFKA_BROKERS', 'MONGO_URL', 'REDIS_URL'], async ({ settings, parts, http }) =>
  startProjections({
    ...http,
    port: settings.PROJECTIONS_PORT,
    log: await parts.eventLog(),
    readStore: withoutGuards(await parts.readStore()),
    signals: (await parts.coordination()).signals,
  }),
);
