import { openLmdbStorage } from '../storage/lmdb-storage.js';

/** Puts one entry into a log's storage, as another process would, and nothing else. */
const [path = ''] = process.argv.slice(2);
const storage = openLmdbStorage(path, 0);
await storage.transaction(() => storage.put('table', 1, Buffer.from('other')));
await storage.close();
console.log('put');
