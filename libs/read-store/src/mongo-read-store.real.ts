import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openMongoReadStore } from './mongo-read-store.js';
import { readStoreContract } from './read-store.contract.js';

const url = process.env['MONGO_URL'] ?? '';
if (url === '') throw new Error('MONGO_URL names the server to test on; it is not set');

/** A URL of the same server that names another database. */
function withDatabase(server: string, database: string): string {
  const [address = '', query] = server.split('?', 2);
  const hosts = address.replace(/(^[^/]+\/\/[^/]+).*$/, '$1');
  return `${hosts}/${database}${query === undefined ? '' : `?${query}`}`;
}

async function withClient<T>(at: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(at);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** MongoDB names the commit it was built from. The emulator does not, and is not held to what it is known to lack. */
async function isEmulator(server: string): Promise<boolean> {
  const build = await withClient(server, (client) => client.db().admin().buildInfo());
  return build['gitVersion'] === undefined;
}

const emulator = await isEmulator(url);

readStoreContract(emulator ? 'MongoDB emulator' : 'MongoDB', {
  features: {
    explain: !emulator,
    processes: true,
    updateErrorCodes: true,
    operatorsChecked: !emulator,
    rangesOverElements: !emulator,
  },
  open: async () => {
    const own = withDatabase(url, `contract_${randomUUID().replaceAll('-', '')}`);
    const store = await openMongoReadStore({ url: own });
    return {
      store,
      connection: { url: own },
      again: () => openMongoReadStore({ url: own }),
      dispose: async () => {
        await store.close();
        await withClient(own, (client) => client.db().dropDatabase());
      },
    };
  },
});
