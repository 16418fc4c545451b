import type { EventLog } from '@order-flow/event-log';
import type { Projection } from '../domain/projection.js';
import { RebuildError } from './rebuild-error.js';

/** What a log no longer has of one partition: its first `records`. */
export interface DeletedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

/** The beginnings that the sources of a projection have lost, by retention or by hand. */
export async function deletedRecords(log: EventLog, { sources }: Projection): Promise<readonly DeletedRecords[]> {
  const found = sources.map(async ({ name: topic }) =>
    (await log.admin.partitions(topic)).map(({ partition, begin }) => ({ topic, partition, records: begin })),
  );
  return (await Promise.all(found)).flat().filter(({ records }) => records > 0);
}

/** @throws RebuildError INCOMPLETE, when there are any */
export function refuseDeleted({ name }: Projection, deleted: readonly DeletedRecords[]): void {
  if (deleted.length === 0) return;
  const where = deleted.map(({ topic, partition, records }) => `${topic}/${partition} (${records})`).join(', ');
  throw new RebuildError(
    'INCOMPLETE',
    `the first records were deleted from ${where}: ${name} built anew would lack what they said; keep the one that serves, restore the records, or take what is left with --allow-incomplete`,
  );
}
