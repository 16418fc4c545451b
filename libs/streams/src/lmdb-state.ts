import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { dataFileDamage, DiskRoom, writeFinding } from '@order-flow/lmdb-file';
import { open, type RootDatabase } from 'lmdb';
import { StreamsError } from './errors.js';
import type { SliceState, StateBackend, StateMeta } from './state.js';

const META_STORE = '';
const SEPARATOR = '\u0000';
/** Keys that a wipe removes at once. */
const WIPE_KEYS = 1_000;

/** Which boot of the machine this is; undefined where the system does not tell. */
function currentBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

const markerOf = (path: string): string => join(path, 'boot');

/** Whether state is of this boot of the machine: without syncs, a crash of the machine may have torn what is older. */
const isOfBoot = (path: string, boot: string): boolean =>
  existsSync(markerOf(path)) && readFileSync(markerOf(path), 'utf8') === boot;

function isDamaged(path: string): boolean {
  const file = join(path, 'data.mdb');
  return existsSync(file) && dataFileDamage(file) !== undefined;
}

/** Makes the directory, without state that cannot be relied on. */
function prepareDirectory(path: string, boot: string | undefined): void {
  if ((boot && !isOfBoot(path, boot)) || isDamaged(path)) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  if (boot && !existsSync(markerOf(path))) writeFileSync(markerOf(path), boot);
}

/** @throws StreamsError STATE_NOT_WRITTEN */
function written<Result>(path: string, write: () => Result): Result {
  try {
    return write();
  } catch (cause) {
    const message =
      `the local state in ${path} cannot be written (${writeFinding(path, cause)}): make room on its disk, or make it writable; ` +
      'nothing is lost, for the changelogs have all of it';
    throw new StreamsError('STATE_NOT_WRITTEN', message, { cause });
  }
}

/**
 * State of all slices of a process in one LMDB environment, so that slices that commit at the same time share a write.
 * It is a cache of the changelogs: it never waits for the disk, survives the end of the process, and is restored anew
 * after a restart of the machine, or when its file is damaged.
 * @param path a directory that belongs to this process alone
 * @throws StreamsError STATE_NOT_WRITTEN, here and at each write: the disk is full, or the directory not writable
 */
export function lmdbState(path: string): StateBackend {
  const db = written(path, () => openState(path));
  const room = new DiskRoom(path);
  return {
    slice: (topology, slice) =>
      lmdbSlice(db, `${topology}${SEPARATOR}${slice}${SEPARATOR}`, (write) =>
        written(path, () => {
          room.demand();
          db.transactionSync(write);
        }),
      ),
    close: () => db.close(),
  };
}

function openState(path: string): RootDatabase<Buffer, Buffer> {
  const boot = currentBoot();
  prepareDirectory(path, boot);
  return open<Buffer, Buffer>({
    path,
    encoding: 'binary',
    keyEncoding: 'binary',
    eventTurnBatching: false,
    noSync: boot !== undefined,
  });
}

/** Runs writes as one transaction. */
type Transact = (write: () => void) => void;

function lmdbSlice(db: RootDatabase<Buffer, Buffer>, prefix: string, transact: Transact): SliceState {
  const key = (store: string, name: string): Buffer => Buffer.from(`${prefix}${store}${SEPARATOR}${name}`);
  const metaKey = key(META_STORE, 'meta');
  return {
    meta() {
      const value = db.get(metaKey);
      return value ? (JSON.parse(value.toString()) as StateMeta) : undefined;
    },
    get: (store, name) => db.get(key(store, name)),
    *range(store, { gte = '', lt }) {
      const start = key(store, gte);
      const end = lt === undefined ? Buffer.from(`${prefix}${store}\u0001`) : key(store, lt);
      const skip = Buffer.byteLength(`${prefix}${store}${SEPARATOR}`);
      for (const entry of db.getRange({ start, end }))
        yield [entry.key.toString('utf8', skip), Buffer.from(entry.value)] as const;
    },
    // Without a sync there is nothing to wait for: on this thread it costs a third of what handing it to another does.
    async commit(writes, meta) {
      transact(() => {
        for (const [store, entries] of writes) {
          for (const [name, value] of entries) {
            if (value) db.putSync(key(store, name), value);
            else db.removeSync(key(store, name));
          }
        }
        db.putSync(metaKey, Buffer.from(JSON.stringify(meta)));
      });
    },
    async wipe() {
      const end = Buffer.from(`${prefix.slice(0, -1)}\u0001`);
      for (;;) {
        const keys = [...db.getKeys({ start: Buffer.from(prefix), end, limit: WIPE_KEYS })].map((found) =>
          Buffer.from(found),
        );
        if (keys.length === 0) return;
        transact(() => {
          for (const found of keys) db.removeSync(found);
        });
        await setImmediate();
      }
    },
  };
}
