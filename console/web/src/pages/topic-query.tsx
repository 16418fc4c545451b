import { useState } from 'preact/hooks';
import type { TopicDetail } from '../../../src/shapes.js';
import { Icon } from '../components/icon.js';
import { addressOf, goTo, route } from '../state/route.js';

/** What is looked for: by key, or from an offset of one partition. It goes into the address. */
export function TopicQuery({ topic }: { topic: TopicDetail }) {
  const { params } = route.value;
  const [key, setKey] = useState(params.get('key') ?? '');
  const [partition, setPartition] = useState(params.get('partition') ?? '0');
  const [offset, setOffset] = useState(params.get('offset') ?? '');
  const path = ['topics', topic.name];
  return (
    <div class="queries">
      <form
        class="query"
        onSubmit={(event) => {
          event.preventDefault();
          goTo(addressOf(path, { key: key.trim() }));
        }}
      >
        <label class="field grow">
          <span>Key ({topic.key})</span>
          <input class="mono" value={key} onInput={(event) => setKey(event.currentTarget.value)} spellcheck={false} />
        </label>
        <button class="button" type="submit">
          <Icon name="search" size={16} /> Find key
        </button>
      </form>
      <form
        class="query"
        onSubmit={(event) => {
          event.preventDefault();
          goTo(addressOf(path, { partition, offset: offset || 0 }));
        }}
      >
        <label class="field">
          <span>Partition</span>
          <select value={partition} onChange={(event) => setPartition(event.currentTarget.value)}>
            {topic.partitions.map((info) => (
              <option key={info.partition} value={String(info.partition)}>
                {info.partition}
              </option>
            ))}
          </select>
        </label>
        <label class="field offset-field">
          <span>Offset</span>
          <input
            type="number"
            min={0}
            step={1}
            inputMode="numeric"
            placeholder="0"
            value={offset}
            onInput={(event) => setOffset(event.currentTarget.value)}
          />
        </label>
        <button class="button" type="submit">
          Go to offset
        </button>
      </form>
    </div>
  );
}
