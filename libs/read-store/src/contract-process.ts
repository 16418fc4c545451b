import { openEmbeddedReadStore } from './embedded-read-store.js';
import { openMongoReadStore } from './mongo-read-store.js';
import type { Documents, ReadStore } from './port.js';

/** How another process reaches the store under test. */
export type Connection = { readonly path: string } | { readonly url: string };

export interface Job {
  readonly connection: Connection;
  readonly collection: string;
  readonly work: 'write' | 'increment';
  readonly times: number;
}

export interface Written {
  _id: string;
  revision: number;
  group: number;
  round: number;
}

export interface Counter {
  _id: string;
  revision: number;
  count: number;
}

export const BATCH = 50;

/** Adds one `times` times, each time with a replace that is conditional on the revision it has read. */
export async function increment(counters: Documents<Counter>, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const counter = await counters.findOne({ _id: 'counter' });
    if (!counter) throw new TypeError('no counter');
    const { modifiedCount } = await counters.replaceOne(
      { _id: counter._id, revision: counter.revision },
      { revision: counter.revision + 1, count: counter.count + 1 },
    );
    done += modifiedCount;
  }
}

/** Writes round after round over the same ids, each batch moving its documents to another group; prints what is acknowledged. */
async function write(documents: Documents<Written>, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const operations = Array.from({ length: BATCH }, (_, at) => {
      const next = { revision: round, group: (at + round) % 7, round };
      return { replaceOne: { filter: { _id: `document-${at}` }, replacement: next, upsert: true } };
    });
    await documents.bulkWrite(operations, { ordered: false });
    process.stdout.write(`${round}\n`);
  }
}

const open = (connection: Connection): Promise<ReadStore> =>
  'path' in connection ? openEmbeddedReadStore(connection) : openMongoReadStore(connection);

async function run({ connection, collection, work, times }: Job): Promise<void> {
  const store = await open(connection);
  if (work === 'write') await write(store.collection<Written>(collection), times);
  else await increment(store.collection<Counter>(collection), times);
  await store.close();
}

const job = process.env.READ_STORE_CONTRACT_JOB;
if (job !== undefined) await run(JSON.parse(job) as Job);
