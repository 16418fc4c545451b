import { useEffect, useState } from 'preact/hooks';
import type { Message, MessagePage } from '../../../src/shapes.js';
import { MessageList } from '../components/message-list.js';
import { Empty, Failure, Skeleton } from '../components/states.js';
import { getJson } from '../state/api.js';
import { formatCount } from '../state/format.js';
import { addressOf, route } from '../state/route.js';
import { useResource } from '../state/resource.js';

const LIMIT = 50;

interface Selection {
  readonly partition: string | null;
  readonly offset: string | null;
  readonly key: string | null;
  readonly before: string | null;
}

function selectionOf(params: URLSearchParams): Selection {
  const [partition, offset, key, before] = ['partition', 'offset', 'key', 'before'].map((name) => params.get(name));
  return { partition: partition ?? null, offset: offset ?? null, key: key ?? null, before: before ?? null };
}

function questionOf(topic: string, { partition, offset, key, before }: Selection): string {
  const query = new URLSearchParams({ limit: String(LIMIT) });
  for (const [name, value] of Object.entries({ partition, offset, key, before })) if (value) query.set(name, value);
  return `/api/topics/${encodeURIComponent(topic)}/messages?${query.toString()}`;
}

function describe({ partition, offset, key, before }: Selection): string {
  if (offset !== null) return `Partition ${partition ?? ''} from offset ${offset} on, oldest first`;
  const where = partition === null ? '' : ` of partition ${partition}`;
  const which = key === null ? `Newest messages${where}` : `Messages with key ${key}, newest first`;
  return before === null ? which : `${which}, further back`;
}

function Pager({ topic, selection, page }: { topic: string; selection: Selection; page: MessagePage }) {
  const { partition, key, offset } = selection;
  const older = page.before && addressOf(['topics', topic], { partition, key, before: page.before });
  const newer = page.nextOffset !== null && addressOf(['topics', topic], { partition, offset: page.nextOffset });
  return (
    <nav class="pager" aria-label="Pages">
      <span class="muted numeric">
        {formatCount(page.messages.length)} shown, {formatCount(page.scanned)} offsets read
      </span>
      {(selection.before !== null || offset !== null || key !== null) && (
        <a class="button quiet" href={addressOf(['topics', topic], { partition: offset === null ? partition : null })}>
          Newest
        </a>
      )}
      {older && (
        <a class="button" href={older}>
          {key !== null && page.messages.length === 0 ? 'Search further back' : 'Older'}
        </a>
      )}
      {newer && (
        <a class="button" href={newer}>
          Next
        </a>
      )}
    </nav>
  );
}

function NoMessages({ selection, page }: { selection: Selection; page: MessagePage }) {
  if (selection.key !== null && page.before !== null)
    return (
      <Empty title="Not found yet">The last {formatCount(page.scanned)} offsets hold no record of this key.</Empty>
    );
  if (selection.key !== null)
    return <Empty title="No record has this key">Keys are matched whole, in exact case.</Empty>;
  if (selection.offset !== null)
    return <Empty title="The partition ends here">Nothing was written after it yet.</Empty>;
  return <Empty title="No messages">Nothing was written here yet, or it was deleted since.</Empty>;
}

/** Messages as they are stored, newest first or from an offset on, a page at a time. */
export function StoredMessages({ topic, onOpen }: { topic: string; onOpen: (message: Message) => void }) {
  const selection = selectionOf(route.value.params);
  const question = questionOf(topic, selection);
  const [kept, setKept] = useState<{ question: string; page: MessagePage }>();
  const { value, error, loading, reload } = useResource<MessagePage>(question, getJson);
  useEffect(() => {
    if (value) setKept({ question, page: value });
  }, [value]);
  const page = value ?? kept?.page;
  if (error) return <Failure title="Messages could not be read" error={error} retry={reload} />;
  if (!page) return <Skeleton rows={8} label="Loading messages" />;
  return (
    <section aria-busy={loading}>
      <header class="group-head">
        <h2 class="breakable">{describe(selection)}</h2>
        <button class="button quiet small" type="button" onClick={reload} disabled={loading}>
          Refresh
        </button>
      </header>
      {page.messages.length > 0 ? (
        <MessageList messages={page.messages} onOpen={onOpen} />
      ) : (
        <NoMessages selection={selection} page={page} />
      )}
      <Pager topic={topic} selection={selection} page={page} />
    </section>
  );
}
