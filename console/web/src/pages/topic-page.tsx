import type { Message, TopicDetail } from '../../../src/shapes.js';
import { Icon } from '../components/icon.js';
import { MessageDrawer } from '../components/message-drawer.js';
import { placeOf } from '../components/message-list.js';
import { PartitionStrip } from '../components/partition-strip.js';
import { Loaded } from '../components/loaded.js';
import { topicColour } from '../components/tags.js';
import { getJson } from '../state/api.js';
import { formatBytes, formatCount, formatRetention } from '../state/format.js';
import { addressOf, goTo, route } from '../state/route.js';
import { useResource } from '../state/resource.js';
import { LiveMessages } from './live-messages.js';
import { StoredMessages } from './stored-messages.js';
import { TopicQuery } from './topic-query.js';

/** The present address with some parameters changed; null removes one. */
function withParams(changes: Readonly<Record<string, string | null>>): string {
  const { path, params } = route.value;
  return addressOf(path, { ...Object.fromEntries(params), ...changes });
}

const openMessage = (message: Message): void => goTo(withParams({ message: placeOf(message) }));

function LiveToggle({ live }: { live: boolean }) {
  return (
    <button
      class={live ? 'button primary' : 'button'}
      type="button"
      aria-pressed={live}
      onClick={() => goTo(withParams({ live: live ? null : '1', before: null, offset: null }))}
    >
      <Icon name="live" size={17} /> Live tail
    </button>
  );
}

const Facts = ({ topic }: { topic: TopicDetail }) => (
  <p class="muted numeric">
    {formatCount(topic.records)} records, {formatBytes(topic.bytes)}, {topic.cleanup},{' '}
    {formatRetention(topic.retentionMs)}
  </p>
);

export function TopicPage({ topic: name }: { topic: string }) {
  const detail = useResource<TopicDetail>(`/api/topics/${encodeURIComponent(name)}`, getJson);
  const { params } = route.value;
  const live = params.get('live') !== null;
  const place = params.get('message');
  return (
    <main class="page">
      <header class="page-head">
        <div>
          <a class="back" href="#/topics">
            <Icon name="back" size={15} /> Topics
          </a>
          <h1 class="with-dot">
            <span class={`dot ${topicColour(name)}`} /> {name}
          </h1>
          {detail.value && <Facts topic={detail.value} />}
        </div>
        {detail.value && <LiveToggle live={live} />}
      </header>
      <Loaded resource={detail} failure="The topic could not be read" loading="Loading the topic" rows={6}>
        {(topic) => (
          <>
            <PartitionStrip topic={topic} selected={params.get('partition')} />
            <TopicQuery key={`${params.get('key') ?? ''} ${params.get('partition') ?? ''}`} topic={topic} />
            {live ? (
              <LiveMessages topic={name} onOpen={openMessage} />
            ) : (
              <StoredMessages topic={name} onOpen={openMessage} />
            )}
          </>
        )}
      </Loaded>
      {place && <MessageDrawer topic={name} place={place} onClose={() => goTo(withParams({ message: null }))} />}
    </main>
  );
}
