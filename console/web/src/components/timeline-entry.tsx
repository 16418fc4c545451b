import type { TimelineRecord } from '../../../src/shapes.js';
import { formatDuration, formatTime } from '../state/format.js';
import { addressOf } from '../state/route.js';
import { isOperator } from '../state/session.js';
import { Icon } from './icon.js';
import { JsonView } from './json-view.js';
import { TopicTag, topicColour } from './tags.js';

export interface TimelineEntryProps {
  readonly record: TimelineRecord;
  /** The record that caused this one, where it is of the same order. */
  readonly cause: TimelineRecord | undefined;
  /** How it relates to the record that is pointed at. */
  readonly relation: 'cause' | 'effect' | 'itself' | undefined;
  readonly sincePrevious: number;
  readonly onPoint: (id: string | null) => void;
}

const placeOf = ({ partition, offset }: TimelineRecord): string => `${partition}:${offset}`;

const Place = ({ record }: { record: TimelineRecord }) =>
  isOperator.value ? (
    <a class="mono" href={addressOf(['topics', record.topic], { message: placeOf(record) })}>
      {placeOf(record)}
    </a>
  ) : (
    <span class="mono">{placeOf(record)}</span>
  );

const Detail = ({ record, cause }: Pick<TimelineEntryProps, 'record' | 'cause'>) => (
  <div class="entry-detail">
    <dl class="facts">
      <div>
        <dt>Time</dt>
        <dd class="numeric">{formatTime(record.timestamp)}</dd>
      </div>
      <div>
        <dt>Partition : offset</dt>
        <dd>
          <Place record={record} />
        </dd>
      </div>
      <div>
        <dt>Decided by</dt>
        <dd class="mono">{record.source ?? 'unknown'}</dd>
      </div>
      <div>
        <dt>Caused by</dt>
        <dd class="mono breakable">
          {cause?.type ? `${cause.type} (${cause.topic})` : (record.causationId ?? 'unknown')}
        </dd>
      </div>
      <div>
        <dt>Event id</dt>
        <dd class="mono breakable">{record.id ?? 'none'}</dd>
      </div>
      <div>
        <dt>Correlation id</dt>
        <dd class="mono breakable">{record.correlationId ?? 'none'}</dd>
      </div>
    </dl>
    {record.error && <p class="notice bad">{record.error.message}</p>}
    <JsonView value={record.data} label="Data" />
  </div>
);

/** One record of the story; it opens to its data, and points at what caused it. */
export const TimelineEntry = ({ record, cause, relation, sincePrevious, onPoint }: TimelineEntryProps) => (
  <li
    class={`entry ${topicColour(record.topic)} ${relation ? `is-${relation}` : ''}`}
    onMouseEnter={() => onPoint(record.id)}
    onMouseLeave={() => onPoint(null)}
    onFocusCapture={() => onPoint(record.id)}
    onBlurCapture={() => onPoint(null)}
  >
    <span class="entry-time numeric" title={formatTime(record.timestamp)}>
      <strong>+{formatDuration(record.sinceStart)}</strong>
      {sincePrevious > 0 && <small>Δ {formatDuration(sincePrevious)}</small>}
    </span>
    <span class="entry-mark" aria-hidden="true" />
    <details class="entry-body">
      <summary>
        <span class="entry-title">
          <strong>{record.type ?? 'Not an event'}</strong>
          {record.error && <span class="badge bad">dead letter: {record.error.code}</span>}
        </span>
        <span class="entry-meta">
          <TopicTag topic={record.topic} />
          {cause?.type && (
            <small class="muted entry-cause">
              <Icon name="cause" size={13} /> {cause.type}
            </small>
          )}
        </span>
      </summary>
      <Detail record={record} cause={cause} />
    </details>
  </li>
);
