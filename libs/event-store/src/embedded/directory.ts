import { randomUUID } from 'node:crypto';
import { access, mkdir, open as openFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFileDamage, SHARED_ENVIRONMENT, SoleWriter } from '@order-flow/lmdb-file';
import { open } from 'lmdb';
import { asStoreError, storeCorrupt } from './damage.js';
import type { TableKey, Tables } from './tables.js';

const ENVIRONMENT = 'events';
const UNDER_WAY = 'creating-';
const MARKER = 'format';
const FORMAT = 'order-flow event store';
const VERSION = 1;
/** Beside the tables' own records, which every write changes. */
const WRITES = 'writes';

const textOf = (key: TableKey): string => (Buffer.isBuffer(key) ? key.toString('latin1') : String(key));

/**
 * Opens the store in a directory and makes one where there is none. A new store is made aside and renamed into place, so
 * that a directory holds either a whole store or none, whenever the process ends.
 *
 * @throws EventStoreError STORE_CORRUPT, STORE_UNAVAILABLE
 */
export async function openDirectory(path: string): Promise<Tables> {
  try {
    const environment = join(path, ENVIRONMENT);
    if (!(await exists(environment))) await create(path, environment);
    const damage = await damageOf(environment);
    if (damage !== undefined) throw storeCorrupt(path, damage);
    return await openSound(path, environment);
  } catch (error) {
    throw asStoreError(path, error);
  }
}

async function damageOf(environment: string): Promise<string | undefined> {
  const file = join(environment, 'data.mdb');
  if (!(await exists(file))) return 'data.mdb is missing';
  return (await stat(file)).size === 0 ? 'data.mdb is empty' : dataFileDamage(file);
}

async function openSound(path: string, environment: string): Promise<Tables> {
  const tables = openTables(path, environment);
  const finding = formatFinding(tables);
  if (finding === undefined) return tables;
  await tables.environment.close();
  throw storeCorrupt(path, finding);
}

async function create(path: string, environment: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const foreign = (await readdir(path)).find((name) => !name.startsWith(UNDER_WAY) && name !== ENVIRONMENT);
  if (foreign !== undefined) throw storeCorrupt(path, `it holds ${JSON.stringify(foreign)} but no event store`);
  const aside = join(path, `${UNDER_WAY}${randomUUID()}`);
  const tables = openTables(path, aside);
  tables.about.putSync(MARKER, Buffer.from(JSON.stringify({ format: FORMAT, version: VERSION })));
  await tables.environment.close();
  await putInPlace(aside, environment);
  await syncDirectory(path);
}

/** Another process may have been faster: then its store is the one. */
async function putInPlace(aside: string, environment: string): Promise<void> {
  try {
    await rename(aside, environment);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!(await exists(environment))) throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await openFile(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function openTables(path: string, location: string): Tables {
  const environment = open<Buffer, string>({
    path: location,
    noSubdir: false,
    encoding: 'binary',
    maxDbs: 8,
    ...SHARED_ENVIRONMENT,
  });
  return {
    path,
    closed: new AbortController().signal,
    environment,
    writer: new SoleWriter<TableKey>(environment, WRITES, textOf),
    events: environment.openDB<Buffer, number>('events', { encoding: 'binary' }),
    streams: environment.openDB<Buffer, Buffer>('streams', { encoding: 'binary', keyEncoding: 'binary' }),
    heads: environment.openDB<Buffer, Buffer>('heads', { encoding: 'binary', keyEncoding: 'binary' }),
    revisions: environment.openDB<Buffer, Buffer>('revisions', { encoding: 'binary', keyEncoding: 'binary' }),
    eventIds: environment.openDB<Buffer, Buffer>('event-ids', { encoding: 'binary', keyEncoding: 'binary' }),
    about: environment.openDB<Buffer, string>('about', { encoding: 'binary' }),
    seen: { sequence: 0 },
  };
}

function formatFinding({ about }: Tables): string | undefined {
  const marker = about.getBinary(MARKER)?.toString();
  if (marker === undefined) return 'its format marker is missing';
  const { format, version } = JSON.parse(marker) as { format?: unknown; version?: unknown };
  if (format !== FORMAT) return 'its format marker is that of something else';
  if (version !== VERSION) return `its format has version ${String(version)}, this program reads ${VERSION}`;
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
