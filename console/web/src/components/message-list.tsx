import type { Message } from '../../../src/shapes.js';
import { formatBytes, formatTime } from '../state/format.js';

const PREVIEW = 160;

interface EventLike {
  readonly type?: unknown;
  readonly data?: unknown;
}

const jsonOf = ({ value }: Message): EventLike | null =>
  value.format === 'json' && typeof value.json === 'object' ? value.json : null;

/** The event's type where the value is an event. */
export function typeOf(message: Message): string | null {
  const type = jsonOf(message)?.type;
  return typeof type === 'string' ? type : null;
}

function previewOf(message: Message): string {
  const { value } = message;
  if (value.format === 'none') return 'tombstone';
  if (value.format !== 'json') {
    const beginning = value.text.slice(0, PREVIEW) || 'empty';
    return value.format === 'base64' ? `base64 ${beginning}` : beginning;
  }
  const data = typeOf(message) === null ? undefined : jsonOf(message)?.data;
  return JSON.stringify(data === undefined ? value.json : data).slice(0, PREVIEW);
}

export const placeOf = ({ partition, offset }: Pick<Message, 'partition' | 'offset'>): string =>
  `${partition}:${offset}`;

/** A key, or that there is none to see. */
export const KeyOf = ({ message: { key } }: { message: Message }) =>
  key ? <>{key}</> : <span class="muted">{key === null ? 'no key' : 'empty key'}</span>;

/** Messages as rows; each opens by click, or by its button from the keyboard. */
export const MessageList = ({
  messages,
  onOpen,
}: {
  messages: readonly Message[];
  onOpen: (message: Message) => void;
}) => (
  <div class="card flush">
    <table class="table messages">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col" title="partition : offset">
            Offset
          </th>
          <th scope="col">Key</th>
          <th scope="col">Message</th>
          <th scope="col" class="number">
            Size
          </th>
        </tr>
      </thead>
      <tbody>
        {messages.map((message) => (
          <tr key={placeOf(message)} class="clickable" onClick={() => onOpen(message)}>
            <td class="numeric nowrap">{formatTime(message.timestamp)}</td>
            <td class="numeric">
              <button class="link mono" type="button" aria-label={`Open message ${placeOf(message)}`}>
                {placeOf(message)}
              </button>
            </td>
            <td class="mono key-cell" title={message.key ?? undefined}>
              <KeyOf message={message} />
            </td>
            <td class="preview-cell">
              {typeOf(message) && <strong>{typeOf(message)}</strong>}
              <span class="mono muted preview">{previewOf(message)}</span>
            </td>
            <td class="number muted">{formatBytes(message.value.bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
