import { randomUUID } from 'node:crypto';
import { isDuplicateKey, type ReadStore } from '@order-flow/read-store';
import { RebuildError } from './rebuild-error.js';

const LEASE_MS = 15_000;

interface Lease {
  readonly _id: string;
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Takes the lease on a projection's rebuild, and keeps it until it is given back. @throws RebuildError REBUILD_RUNNING */
export async function takeLease(
  readStore: ReadStore,
  name: string,
): Promise<{ lost: AbortSignal; release(): Promise<void> }> {
  const leases = readStore.collection<Lease>('projection_leases');
  const owner = randomUUID();
  const lease = () => ({ owner, expiresAt: Date.now() + LEASE_MS });
  const now = Date.now();
  // One that lasts for longer than any, even by the clock of another machine, was taken before the clock was set back.
  const over = [{ expiresAt: { $lt: now } }, { expiresAt: { $gt: now + 2 * LEASE_MS } }];
  const filter = { _id: name, $or: over };
  await leases.updateOne(filter, { $set: lease() }, { upsert: true }).catch((error: unknown) => {
    if (!isDuplicateKey(error)) throw error;
    throw new RebuildError('REBUILD_RUNNING', `another rebuild of ${name} is running; wait for it, or cancel it first`);
  });
  const lost = new AbortController();
  const renewal = setInterval(() => {
    leases
      .updateOne({ _id: name, owner }, { $set: lease() })
      .then(({ matchedCount }) => matchedCount === 1 || lost.abort())
      .catch(() => undefined);
  }, LEASE_MS / 3);
  renewal.unref();
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(renewal);
      await leases.deleteOne({ _id: name, owner });
    },
  };
}
