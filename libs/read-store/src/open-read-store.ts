import { openEmbeddedReadStore } from './embedded-read-store.js';
import { openMongoReadStore } from './mongo-read-store.js';
import type { ReadStore } from './port.js';

/**
 * The read store that the environment names: MongoDB when there is a URL, else the embedded store in the directory.
 * @throws ReadStoreError
 */
export async function openReadStore(
  { MONGO_URL: url }: { readonly MONGO_URL?: string | undefined },
  directory: string,
): Promise<ReadStore> {
  return url === undefined ? openEmbeddedReadStore({ path: directory }) : openMongoReadStore({ url });
}
