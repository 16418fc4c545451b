import type { Message, MessagePage } from '../../../src/shapes.js';
import { getJson } from '../state/api.js';
import { formatBytes, formatTime } from '../state/format.js';
import { addressOf } from '../state/route.js';
import { useResource } from '../state/resource.js';
import { CopyButton } from './copy-button.js';
import { Drawer } from './drawer.js';
import { JsonView } from './json-view.js';
import { KeyOf, placeOf, typeOf } from './message-list.js';
import { Loaded } from './loaded.js';
import { Empty } from './states.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const textOf = ({ value }: Message): string => {
  if (value.format === 'none') return '';
  return value.format === 'json' ? JSON.stringify(value.json, null, 2) : value.text;
};

function Value({ message }: { message: Message }) {
  const { value } = message;
  if (value.format === 'none') return <p class="muted">A tombstone: the key is deleted from a compacted topic.</p>;
  if (value.format === 'json') return <JsonView value={value.json} label="Value" />;
  if (value.bytes === 0) return <p class="muted">Empty: there is a value, but no byte in it.</p>;
  return (
    <>
      {value.format === 'base64' && <p class="notice">These bytes are no text: they are shown as base64.</p>}
      {value.truncated && <p class="notice">Only the beginning of {formatBytes(value.bytes)} is shown.</p>}
      <pre class="code" tabIndex={0} aria-label="Value">
        <code>{value.text}</code>
      </pre>
    </>
  );
}

const Headers = ({ headers }: { headers: Message['headers'] }) => (
  <dl class="facts">
    {Object.entries(headers).map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd class="mono breakable">{value}</dd>
      </div>
    ))}
  </dl>
);

const Detail = ({ message }: { message: Message }) => (
  <>
    <dl class="facts">
      <div>
        <dt>Time</dt>
        <dd class="numeric">{formatTime(message.timestamp)}</dd>
      </div>
      <div>
        <dt>Key</dt>
        <dd class="mono breakable">
          <KeyOf message={message} />
        </dd>
      </div>
      <div>
        <dt>Partition, offset</dt>
        <dd class="numeric">
          {message.partition}, {message.offset}
        </dd>
      </div>
      <div>
        <dt>Size of value</dt>
        <dd class="numeric">{formatBytes(message.value.bytes)}</dd>
      </div>
    </dl>
    <div class="drawer-actions">
      <CopyButton text={textOf(message)} label="Copy value" />
      <CopyButton text={location.href} label="Copy link" />
      {message.key && (
        <a class="button quiet small" href={addressOf(['topics', message.topic], { key: message.key })}>
          All with this key
        </a>
      )}
      {message.key !== null && UUID.test(message.key) && (
        <a class="button quiet small" href={addressOf(['orders', message.key])}>
          Order’s timeline
        </a>
      )}
    </div>
    <h3>Value</h3>
    <Value message={message} />
    <h3>Headers</h3>
    {Object.keys(message.headers).length > 0 ? <Headers headers={message.headers} /> : <p class="muted">None.</p>}
  </>
);

/** One message, read anew by its place: a link to it works as long as the message exists. */
export function MessageDrawer({ topic, place, onClose }: { topic: string; place: string; onClose: () => void }) {
  const [partition = '', offset = ''] = place.split(':');
  const query = new URLSearchParams({ partition, offset, limit: '1' });
  const address = `/api/topics/${encodeURIComponent(topic)}/messages?${query.toString()}`;
  const page = useResource<MessagePage>(address, getJson);
  const message = page.value?.messages.find((found) => placeOf(found) === place);
  const type = message && typeOf(message);
  return (
    <Drawer title={type ?? `Message ${place}`} onClose={onClose}>
      <Loaded resource={page} failure="The message could not be read" loading="Loading the message" rows={5}>
        {() =>
          message ? (
            <Detail message={message} />
          ) : (
            <Empty title="No message at this offset">It was compacted away, or never existed.</Empty>
          )
        }
      </Loaded>
    </Drawer>
  );
}
