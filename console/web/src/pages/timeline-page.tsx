import { useEffect, useState } from 'preact/hooks';
import type { OrderTimeline, TimelineRecord } from '../../../src/shapes.js';
import { CopyButton } from '../components/copy-button.js';
import { Icon } from '../components/icon.js';
import { Loaded } from '../components/loaded.js';
import { Empty } from '../components/states.js';
import { StatusBadge, TopicTag } from '../components/tags.js';
import { TimelineEntry } from '../components/timeline-entry.js';
import { getJson, RequestFailed } from '../state/api.js';
import { formatCount, formatDuration } from '../state/format.js';
import { addressOf, route } from '../state/route.js';
import { useResource } from '../state/resource.js';

const REFRESH_EVERY = 700;
const REFRESHES = 60;
/** Milliseconds in which what was reserved is released, and what was captured refunded. */
const SETTLES_WITHIN = 5_000;
const STATUS_OF: Readonly<Record<string, string>> = {
  OrderCreated: 'PENDING',
  OrderStockReserved: 'RESERVED',
  OrderConfirmed: 'CONFIRMED',
  OrderFailed: 'FAILED',
  OrderCancellationRequested: 'CANCELLING',
  OrderCancelled: 'CANCELLED',
  OrderDispatched: 'DISPATCHED',
  OrderDelivered: 'DELIVERED',
  OrderRefunded: 'REFUNDED',
};
const ON_THE_WAY = new Set(['PENDING', 'RESERVED', 'CANCELLING']);

const statusOf = (records: readonly TimelineRecord[]): string | undefined =>
  records
    .filter(({ topic, type }) => topic === 'order.events' && type !== null && type in STATUS_OF)
    .map(({ type }) => STATUS_OF[type ?? ''])
    .at(-1);

function relationOf(record: TimelineRecord, pointed: TimelineRecord | undefined) {
  if (!pointed) return undefined;
  if (record === pointed) return 'itself';
  if (record.id !== null && record.id === pointed.causationId) return 'cause';
  return pointed.id !== null && record.causationId === pointed.id ? 'effect' : undefined;
}

function Entries({ records }: { records: readonly TimelineRecord[] }) {
  const [pointedAt, setPointedAt] = useState<string | null>(null);
  const byId = new Map(records.filter(({ id }) => id !== null).map((record) => [record.id, record]));
  const pointed = pointedAt === null ? undefined : byId.get(pointedAt);
  return (
    <ol class="timeline" aria-label="Records">
      {records.map((record, index) => (
        <TimelineEntry
          key={`${record.topic} ${record.partition}:${record.offset}`}
          record={record}
          cause={record.causationId === null ? undefined : byId.get(record.causationId)}
          relation={relationOf(record, pointed)}
          sincePrevious={record.sinceStart - (records[index - 1]?.sinceStart ?? 0)}
          onPoint={setPointedAt}
        />
      ))}
    </ol>
  );
}

function Legend({ records }: { records: readonly TimelineRecord[] }) {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  return (
    <ul class="legend" aria-label="Topics">
      {topics.map((topic) => (
        <li key={topic}>
          <TopicTag topic={topic} />
          <span class="count">{records.filter((record) => record.topic === topic).length}</span>
        </li>
      ))}
    </ul>
  );
}

const Incomplete = ({ timeline }: { timeline: OrderTimeline }) => (
  <p class="notice">
    {formatCount(timeline.scanned)} offsets were read, and the search ended before the{' '}
    {timeline.before === null ? 'end' : 'beginning'} of the log: records may be missing.{' '}
    {timeline.before !== null && (
      <a href={addressOf(['orders', timeline.orderId], { before: timeline.before })}>Look further back</a>
    )}
  </p>
);

function Story({ timeline }: { timeline: OrderTimeline }) {
  const { records, complete } = timeline;
  if (records.length === 0 && complete)
    return <Empty title="No order has this id">If it was placed a moment ago, it will appear by itself.</Empty>;
  return (
    <>
      {!complete && <Incomplete timeline={timeline} />}
      <Legend records={records} />
      <Entries records={records} />
      <p class="muted footnote">
        A record carries the time of what caused it, so a processor’s own work shows at the order’s next event. The
        saga’s commands are deleted soon after they are done: an order’s story is told without them then.
      </p>
    </>
  );
}

/** Whether more may come: the order is on its way, unknown as yet, or ended a moment ago and is being undone. */
function mayGoOn({ records }: OrderTimeline): boolean {
  const status = statusOf(records);
  const last = records.at(-1)?.timestamp ?? 0;
  return status === undefined || ON_THE_WAY.has(status) || Date.now() - last < SETTLES_WITHIN;
}

/** Asks again while more may come, a bounded number of times. */
function useRefresh(timeline: OrderTimeline | undefined, reload: () => void): void {
  const [left, setLeft] = useState(REFRESHES);
  useEffect(() => {
    if (!timeline || left === 0 || !mayGoOn(timeline)) return undefined;
    const timer = setTimeout(() => {
      setLeft(left - 1);
      reload();
    }, REFRESH_EVERY);
    return () => clearTimeout(timer);
  }, [timeline]);
}

const Summary = ({ records }: { records: readonly TimelineRecord[] }) => {
  const status = statusOf(records);
  return (
    <p class="summary">
      {status && <StatusBadge status={status} />}
      <span class="muted numeric">
        {formatCount(records.length)} records in {formatDuration(records.at(-1)?.sinceStart ?? 0)}
      </span>
    </p>
  );
};

export function TimelinePage({ orderId }: { orderId: string }) {
  const before = route.value.params.get('before');
  const query = before === null ? '' : `?before=${encodeURIComponent(before)}`;
  const question = `/api/orders/${encodeURIComponent(orderId)}/timeline${query}`;
  const timeline = useResource<OrderTimeline>(question, getJson);
  const { value, error, loading, reload } = timeline;
  useRefresh(value, reload);
  const unknown = error instanceof RequestFailed && error.status === 404;
  return (
    <main class="page medium">
      <header class="page-head">
        <div>
          <a class="back" href="#/orders">
            <Icon name="back" size={15} /> Orders
          </a>
          <h1 class="breakable order-id">{orderId}</h1>
          {value && <Summary records={value.records} />}
        </div>
        <div class="page-tools">
          <CopyButton text={orderId} label="Copy id" />
          <button class="button" type="button" onClick={reload} disabled={loading}>
            <Icon name="reload" size={16} /> Refresh
          </button>
        </div>
      </header>
      {unknown ? (
        <Empty title="No order of yours has this id">Check the id, or sign in as its customer.</Empty>
      ) : (
        <Loaded resource={timeline} failure="The timeline could not be read" loading="Loading the timeline" rows={7}>
          {(story) => <Story timeline={story} />}
        </Loaded>
      )}
    </main>
  );
}
