import { useState } from 'preact/hooks';
import type { Message } from '../../../src/shapes.js';
import { Icon } from '../components/icon.js';
import { MessageList } from '../components/message-list.js';
import { Empty, Failure } from '../components/states.js';
import { formatCount } from '../state/format.js';
import { route } from '../state/route.js';
import { type Tail, useTail } from '../state/use-tail.js';

function addressFor(topic: string, params: URLSearchParams): string {
  const query = new URLSearchParams();
  for (const name of ['partition', 'key']) {
    const value = params.get(name);
    if (value) query.set(name, value);
  }
  return `/api/topics/${encodeURIComponent(topic)}/tail?${query.toString()}`;
}

function stateOf(
  { connected, error, ended }: Tail,
  paused: boolean,
): { readonly tone: string; readonly words: string } {
  if (ended) return { tone: 'waiting', words: 'Ended' };
  if (!connected) return { tone: 'waiting', words: error ? 'Reconnecting' : 'Connecting' };
  return paused ? { tone: 'waiting', words: 'Paused' } : { tone: 'live', words: 'Live' };
}

/** What arrives from now on. */
export function LiveMessages({ topic, onOpen }: { topic: string; onOpen: (message: Message) => void }) {
  const [paused, setPaused] = useState(false);
  const tail = useTail(addressFor(topic, route.value.params), paused);
  const { tone, words } = stateOf(tail, paused);
  const cut = tail.ended || tail.messages.length === 0 ? tail.error : undefined;
  return (
    <section>
      <header class="group-head live-head">
        <h2>
          <span class={`live-mark ${tone}`} role="status">
            {words}
          </span>
        </h2>
        <p class="muted numeric">
          {formatCount(tail.messages.length)} shown
          {tail.waiting > 0 && `, ${formatCount(tail.waiting)} waiting`}
          <span class={tail.dropped > 0 ? 'dropped some' : 'dropped'}>, {formatCount(tail.dropped)} dropped</span>
        </p>
        <button class="button" type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? 'play' : 'pause'} size={16} /> {paused ? 'Resume' : 'Pause'}
        </button>
      </header>
      {cut && <Failure title="The live tail was cut off" error={cut} />}
      {tail.messages.length > 0 && <MessageList messages={tail.messages} onOpen={onOpen} />}
      {!cut && tail.messages.length === 0 && (
        <Empty title="Waiting for messages">New ones appear here the moment they are committed.</Empty>
      )}
    </section>
  );
}
