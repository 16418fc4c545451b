import type { EventLog, PartitionInfo } from '@order-flow/event-log';
import { encodeCursor } from '../domain/cursor.js';
import { presentMessage } from '../domain/message.js';
import type { MessagePage } from '../shapes.js';
import { readSpans } from './read-spans.js';

/** Offsets that one request may look through; only a compacted topic has more of them than records. */
const SCAN_BUDGET = 50_000;

/** Messages of one partition from an offset on, oldest first. @throws LogError */
export async function messagesFromOffset(
  log: EventLog,
  { topic, info, offset, limit }: { topic: string; info: PartitionInfo; offset: number; limit: number },
  signal: AbortSignal,
): Promise<MessagePage> {
  const { partition, begin, end } = info;
  const records = [];
  const stop = Math.min(end, offset + SCAN_BUDGET);
  let next = offset;
  while (records.length < limit && next < stop && !signal.aborted) {
    const to = Math.min(stop, next + limit);
    const found = await readSpans(log, topic, [{ partition, from: next, to }], () => true, signal);
    records.push(...(found.get(partition) ?? []));
    next = to;
  }
  const page = records.slice(0, limit);
  if (records.length > limit) next = (page.at(-1)?.offset ?? offset) + 1;
  return {
    messages: page.map((record) => presentMessage(record)),
    scanned: next - offset,
    before: offset > begin ? encodeCursor(new Map([[partition, offset]])) : null,
    nextOffset: next < end ? next : null,
  };
}
