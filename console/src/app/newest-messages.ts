import type { EventLog, LogRecord, PartitionInfo } from '@order-flow/event-log';
import { decodeCursor, encodeCursor } from '../domain/cursor.js';
import { presentMessage } from '../domain/message.js';
import type { Message, MessagePage } from '../shapes.js';
import { readSpans, type Span } from './read-spans.js';

/** Offsets that one request may look through. */
const SCAN_BUDGET = 50_000;
const MAX_WINDOW = 2_000;

export interface NewestQuery {
  readonly topic: string;
  readonly partitions: readonly PartitionInfo[];
  /** Only records with this key. */
  readonly key?: string | undefined;
  /** Cursor of an earlier page. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** One partition, read backwards window by window. */
class Lane {
  /** In offset order; the newest is taken from the end. */
  records: LogRecord[] = [];
  #floor: number;

  constructor(
    readonly partition: number,
    readonly begin: number,
    before: number,
    private width: number,
  ) {
    this.#floor = before;
  }

  get dry(): boolean {
    return this.records.length === 0 && this.#floor > this.begin;
  }

  /** The next window back; the one after it is larger, for this one may turn out empty. */
  window(): Span {
    const to = this.#floor;
    this.#floor = Math.max(this.begin, to - this.width);
    this.width = Math.min(this.width * 2, MAX_WINDOW);
    return { partition: this.partition, from: this.#floor, to };
  }

  /** The offset below which everything is still to come. */
  get before(): number {
    const last = this.records.at(-1);
    return last ? last.offset + 1 : this.#floor;
  }
}

function openLanes({ partitions, before, limit, key }: NewestQuery): Lane[] {
  const positions = before === undefined ? undefined : decodeCursor(before);
  const width = key === undefined ? Math.max(8, Math.ceil((limit * 2) / partitions.length)) : MAX_WINDOW;
  return partitions.map(({ partition, begin, end }) => {
    const from = positions ? (positions.get(partition) ?? begin) : end;
    return new Lane(partition, begin, Math.max(begin, Math.min(from, end)), width);
  });
}

const newest = (lanes: readonly Lane[]): Lane | undefined =>
  lanes
    .filter(({ records }) => records.length > 0)
    .sort((a, b) => (b.records.at(-1)?.timestamp ?? 0) - (a.records.at(-1)?.timestamp ?? 0))[0];

function cursorOf(lanes: readonly Lane[]): string | null {
  const more = lanes.filter((lane) => lane.before > lane.begin);
  return more.length === 0 ? null : encodeCursor(new Map(more.map((lane) => [lane.partition, lane.before])));
}

/**
 * Messages from the newest back. Partitions are merged by timestamp, each one's own order is kept. The work is bounded:
 * a page may hold fewer messages than asked for, its cursor then goes on from there. @throws LogError
 */
export async function newestMessages(log: EventLog, query: NewestQuery, signal: AbortSignal): Promise<MessagePage> {
  const { topic, key, limit } = query;
  const keep = key === undefined ? () => true : (record: LogRecord) => record.key === key;
  const lanes = openLanes(query);
  const messages: Message[] = [];
  let scanned = 0;
  while (messages.length < limit && !signal.aborted) {
    const dry = lanes.filter((lane) => lane.dry);
    if (dry.length > 0) {
      if (scanned >= SCAN_BUDGET) break;
      const spans = dry.map((lane) => lane.window());
      const found = await readSpans(log, topic, spans, keep, signal);
      for (const lane of dry) lane.records = found.get(lane.partition) ?? [];
      scanned += spans.reduce((sum, { from, to }) => sum + to - from, 0);
      continue;
    }
    const record = newest(lanes)?.records.pop();
    if (!record) break;
    messages.push(presentMessage(record));
  }
  return { messages, scanned, before: cursorOf(lanes), nextOffset: null };
}
