import { useState } from 'preact/hooks';
import type { TopicKind, TopicSummary } from '../../../src/shapes.js';
import { Icon } from '../components/icon.js';
import { Loaded } from '../components/loaded.js';
import { Empty } from '../components/states.js';
import { topicColour } from '../components/tags.js';
import { getJson } from '../state/api.js';
import { formatBytes, formatCount } from '../state/format.js';
import { addressOf } from '../state/route.js';
import { useResource } from '../state/resource.js';

const GROUPS: readonly { readonly kind: TopicKind; readonly title: string; readonly about: string }[] = [
  { kind: 'events', title: 'Events', about: 'what has happened; kept for ever' },
  { kind: 'commands', title: 'Commands', about: 'what the saga asks of orders; deleted once it is done' },
  { kind: 'dead-letters', title: 'Dead letters', about: 'records that could not be handled' },
  { kind: 'internal', title: 'Internal', about: 'repartitions, changelogs and checkpoints' },
];

const Row = ({ topic }: { topic: TopicSummary }) => (
  <tr>
    <th scope="row">
      <a class="topic-name" href={addressOf(['topics', topic.name])}>
        <span class={`dot ${topicColour(topic.name)}`} />
        {topic.name}
      </a>
    </th>
    <td class="muted" data-label="Key">
      {topic.key}
    </td>
    <td class="muted" data-label="Cleanup">
      {topic.cleanup}
    </td>
    <td class="number" data-label="Partitions">
      {topic.partitions}
    </td>
    <td
      class="number"
      data-label="Records"
      title={topic.cleanup === 'compact' ? 'at most: compaction leaves gaps' : undefined}
    >
      {topic.cleanup === 'compact' && topic.records > 0 ? '≤ ' : ''}
      {formatCount(topic.records)}
    </td>
    <td class="number" data-label="Size">
      {formatBytes(topic.bytes)}
    </td>
  </tr>
);

const Group = ({ title, about, topics }: { title: string; about: string; topics: readonly TopicSummary[] }) => (
  <section class="group">
    <header class="group-head">
      <h2>
        {title} <span class="count">{topics.length}</span>
      </h2>
      <p class="muted">{about}</p>
    </header>
    <div class="card flush">
      <table class="table topics">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Key</th>
            <th scope="col">Cleanup</th>
            <th scope="col" class="number">
              Partitions
            </th>
            <th scope="col" class="number">
              Records
            </th>
            <th scope="col" class="number">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <Row key={topic.name} topic={topic} />
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

function Groups({ topics, filter }: { topics: readonly TopicSummary[]; filter: string }) {
  const wanted = filter.trim().toLowerCase();
  const shown = topics.filter(({ name }) => name.toLowerCase().includes(wanted));
  if (topics.length === 0) return <Empty title="No topics yet">They are created when the system starts.</Empty>;
  if (shown.length === 0) return <Empty title={`No topic matches “${filter}”`}>Names are matched, in any case.</Empty>;
  return (
    <>
      {GROUPS.map(({ kind, title, about }) => {
        const members = shown.filter((topic) => topic.kind === kind);
        return members.length > 0 && <Group key={kind} title={title} about={about} topics={members} />;
      })}
    </>
  );
}

const total = (topics: readonly TopicSummary[]): string =>
  `${topics.length} topics, ${formatCount(topics.reduce((sum, { records }) => sum + records, 0))} records, ` +
  formatBytes(topics.reduce((sum, { bytes }) => sum + bytes, 0));

export function TopicsPage() {
  const [filter, setFilter] = useState('');
  const topics = useResource<TopicSummary[]>('/api/topics', getJson);
  const { value, loading, reload } = topics;
  return (
    <main class="page">
      <header class="page-head">
        <div>
          <h1>Topics</h1>
          <p class="muted numeric">{value ? total(value) : 'Reading the log…'}</p>
        </div>
        <div class="page-tools">
          <label class="search">
            <Icon name="search" size={16} />
            <input
              type="search"
              placeholder="Filter topics"
              aria-label="Filter topics"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          </label>
          <button class="button" type="button" onClick={reload} disabled={loading}>
            <Icon name="reload" size={16} /> Refresh
          </button>
        </div>
      </header>
      <Loaded resource={topics} failure="Topics could not be read" loading="Loading topics" rows={8}>
        {(all) => <Groups topics={all} filter={filter} />}
      </Loaded>
    </main>
  );
}
