import type { EventLog, LogRecord, LogWriter, OwnershipEpoch } from '../port.js';

export interface Copying {
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** Records of one commit, at most. */
  readonly commitSize: number;
  readonly signal: AbortSignal;
  /** After each commit: how many records it had. */
  readonly onCommit?: (slice: number, count: number) => void | Promise<void>;
}

/**
 * A member of a group that copies a topic, partition by partition, each record exactly once: positions are committed with the
 * copies, and after a failure it asks whether it still owns the slice before it fences whoever may write there.
 */
export async function copyAsMember(log: EventLog, copying: Copying): Promise<void> {
  for await (const epoch of log.join(copying.group, [copying.from], copying.signal)) {
    // A newer epoch need not wait for the end of these: its writers fence theirs.
    for (const slice of epoch.slices) void copySlice(log, copying, epoch, slice);
  }
}

async function copySlice(log: EventLog, copying: Copying, epoch: OwnershipEpoch, slice: number): Promise<void> {
  for (let first = true; !epoch.signal.aborted; first = false) {
    if (!first && !(await epoch.confirm())) return;
    const failed = new AbortController();
    let writer: LogWriter | undefined;
    try {
      writer = await log.openWriter(`${copying.group}-${slice}`);
      const committed = await log.admin.committed(copying.group);
      const offset = committed.find(({ partition }) => partition === slice)?.offset ?? 0;
      for await (const batch of epoch.read([{ topic: copying.from, partition: slice, offset }], failed.signal)) {
        await copyBatch(writer, copying, slice, batch.records);
      }
    } catch {
      failed.abort();
    } finally {
      await writer?.close();
    }
  }
}

async function copyBatch(writer: LogWriter, copying: Copying, slice: number, records: readonly LogRecord[]) {
  const { group, from, to, commitSize, onCommit } = copying;
  for (let start = 0; start < records.length; start += commitSize) {
    const part = records.slice(start, start + commitSize);
    const offset = (part.at(-1)?.offset ?? -1) + 1;
    const copies = part.map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp }));
    await writer.commit({
      records: copies.map((copy) => ({ ...copy, topic: to, partition: slice })),
      consumed: { group, offsets: [{ topic: from, partition: slice, offset }] },
    });
    await onCommit?.(slice, part.length);
  }
}
