import type { EventLog, Offset, PartitionInfo } from '@order-flow/event-log';
import { StreamsError } from './errors.js';
import { changelogTopic, deadLetterTopic, PARKED_STORE, SLICE_STORE, type Topology } from './graph.js';
import { checkShape, POSITIONS_KEY, SlicePositions } from './slice-record.js';
import type { SliceState, StateMeta } from './state.js';

/** Local state not owned for longer is restored anew: deletions may have left the changelog (half of 24 hours). */
const REUSE_WITHIN_MS = 12 * 3_600_000;
const CHUNK = 5_000;

export interface Restored {
  /** Where to read from, by topic. */
  readonly positions: ReadonlyMap<string, number>;
  /** Ends of the inputs when the slice started, by topic. */
  readonly ends: ReadonlyMap<string, number>;
  /** Next changelog offset, by changelog topic. */
  readonly changelogs: Record<string, number>;
  /** Where the dead-letter queue ends. */
  readonly deadLetterEnd: number;
  readonly identity: string;
  /** What the slice wrote of itself; undefined at its first start. */
  readonly known: SlicePositions | undefined;
}

export interface RestoreRequest {
  readonly topology: Topology;
  readonly slice: number;
  readonly log: EventLog;
  readonly state: SliceState;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly progress: (records: number) => void;
}

const changelogsOf = (topology: Topology): readonly string[] => [
  ...topology.stores.map(({ name }) => name),
  SLICE_STORE,
  PARKED_STORE,
];

/** The group too: offsets without a changelog are refused. */
const startAfresh = ({ name }: Topology): string =>
  `stop it everywhere, delete its internal topics (${name}.*.changelog, ${name}.*.repartition, ${name}.dlq, ${name}.redrive), ` +
  `its group (${name}) and its local state, and make the topics again: it then processes what the log has, and writes its outputs anew`;

const partitionInfo = async (log: EventLog, topic: string, partition: number): Promise<PartitionInfo> => {
  const found = (await log.admin.partitions(topic)).find((info) => info.partition === partition);
  if (!found) throw new StreamsError('POSITION_OUT_OF_RANGE', `${topic} has no partition ${partition}`);
  return found;
};

/**
 * Brings local state up to its changelogs and finds where to go on. Call it after fencing.
 * @returns undefined when the signal was aborted meanwhile
 * @throws StreamsError
 */
export async function restore(request: RestoreRequest): Promise<Restored | undefined> {
  const { topology, slice, log } = request;
  const changelogs = await replayChangelogs(request);
  if (!changelogs) return undefined;
  const raw = request.state.get(SLICE_STORE, POSITIONS_KEY);
  const known = raw ? SlicePositions.parse(JSON.parse(raw.toString())) : undefined;
  if (known) {
    checkShape(topology, known);
    checkChangelogs(topology, known, changelogs);
  } else {
    refuseOrphanedState(request);
    await refuseOrphanedOffsets(request);
  }
  const positions = new Map<string, number>();
  const ends = new Map<string, number>();
  for (const topic of topology.reads) {
    const { begin, end } = await partitionInfo(log, topic, slice);
    const position = known?.offsets[topic] ?? begin;
    if (position < begin || position > end) {
      throw new StreamsError(
        'POSITION_OUT_OF_RANGE',
        `${topology.name} stands at ${topic}-${slice} offset ${position}, but the log has ${begin} to ${end}: ` +
          `the log was replaced or truncated; restore it, or ${startAfresh(topology)}`,
      );
    }
    positions.set(topic, position);
    ends.set(topic, end);
  }
  const { end: deadLetterEnd } = await partitionInfo(log, deadLetterTopic(topology.name), slice);
  return { positions, ends, changelogs, deadLetterEnd, identity: await log.identity(), known };
}

/** @returns the next offsets by changelog topic; undefined when the signal was aborted */
async function replayChangelogs(request: RestoreRequest): Promise<Record<string, number> | undefined> {
  const { topology, slice, log, state, now, signal } = request;
  const startedAt = now();
  const stores = changelogsOf(topology);
  const identity = await log.identity();
  const infos = new Map<string, PartitionInfo>();
  for (const store of stores) infos.set(store, await partitionInfo(log, changelogTopic(topology.name, store), slice));
  const reusable = isReusable(request, identity, infos);
  if (!reusable) await state.wipe();
  const offsets = startingOffsets(topology, infos, reusable);
  // Until all is replayed the state is only as fresh as it was, or as the restore's start: an interrupted one may go on
  // only while no deletion can have left the changelog since.
  const since = reusable?.lastOwnedAt ?? startedAt;
  const meta = (lastOwnedAt: number): StateMeta => ({ identity, offsets: { ...offsets }, lastOwnedAt });
  let restored = 0;
  for (const [store, { end }] of infos) {
    const topic = changelogTopic(topology.name, store);
    const from: Offset = { topic, partition: slice, offset: offsets[topic] ?? 0 };
    if (from.offset >= end) continue;
    for await (const batch of log.read([from], { follow: false, signal, maxRecords: CHUNK })) {
      const entries = new Map(batch.records.map((record) => [record.key ?? '', record.value] as const));
      offsets[topic] = batch.nextOffset;
      await state.commit(new Map([[store, entries]]), meta(since));
      restored += batch.records.length;
      request.progress(restored);
    }
  }
  if (signal.aborted) return undefined;
  await state.commit(new Map(), meta(now()));
  return offsets;
}

function startingOffsets(
  topology: Topology,
  infos: ReadonlyMap<string, PartitionInfo>,
  reusable: StateMeta | undefined,
): Record<string, number> {
  const starts = [...infos].map(([store, { begin }]) => {
    const topic = changelogTopic(topology.name, store);
    return [topic, reusable?.offsets[topic] ?? begin] as const;
  });
  return Object.fromEntries(starts);
}

function isReusable(
  { topology, state, now }: RestoreRequest,
  identity: string,
  infos: ReadonlyMap<string, PartitionInfo>,
): StateMeta | undefined {
  const meta = state.meta();
  if (meta?.identity !== identity) return undefined;
  const age = now() - meta.lastOwnedAt;
  // Of a clock that was set back since, it says nothing.
  if (age < 0 || age > REUSE_WITHIN_MS) return undefined;
  const inside = [...infos].every(([store, { begin, end }]) => {
    const offset = meta.offsets[changelogTopic(topology.name, store)] ?? begin;
    return offset >= begin && offset <= end;
  });
  return inside ? meta : undefined;
}

function checkChangelogs(topology: Topology, known: SlicePositions, ends: Readonly<Record<string, number>>): void {
  for (const [topic, offset] of Object.entries(known.changelogs)) {
    const end = ends[topic] ?? 0;
    if (offset <= end) continue;
    throw new StreamsError(
      'POSITION_OUT_OF_RANGE',
      `${topology.name} wrote ${topic} up to offset ${offset}, but it ends at ${end}: it was replaced or truncated; ` +
        `restore it, or ${startAfresh(topology)}`,
    );
  }
}

/** A changelog that holds nothing but transactions that were given up has an end, and no state. */
function refuseOrphanedState({ topology, slice, state }: RestoreRequest): void {
  for (const store of changelogsOf(topology)) {
    for (const [key] of state.range(store, {})) {
      throw new StreamsError(
        'STATE_WITHOUT_OFFSETS',
        `${topology.name} slice ${slice} has state in ${changelogTopic(topology.name, store)} (at ${key}) but no positions ` +
          `in its changelog: what the state holds would be processed again; restore the changelog topics, or ${startAfresh(topology)}`,
      );
    }
  }
}

async function refuseOrphanedOffsets({ topology, slice, log }: RestoreRequest): Promise<void> {
  const committed = (await log.admin.committed(topology.name)).filter(({ partition }) => partition === slice);
  if (committed.every(({ offset }) => offset === 0)) return;
  throw new StreamsError(
    'STATE_WITHOUT_OFFSETS',
    `${topology.name} slice ${slice} has committed offsets but no changelog: its state is lost; ` +
      `restore the changelog topics, or ${startAfresh(topology)}`,
  );
}
