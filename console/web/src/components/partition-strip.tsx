import type { TopicDetail } from '../../../src/shapes.js';
import { formatBytes, formatCount } from '../state/format.js';
import { addressOf } from '../state/route.js';

/** Partitions beside each other, filled in proportion to the fullest; each is a link to its messages. */
export function PartitionStrip({ topic, selected }: { topic: TopicDetail; selected: string | null }) {
  const most = Math.max(1, ...topic.partitions.map(({ begin, end }) => end - begin));
  return (
    <ol class="partitions" aria-label="Partitions">
      {topic.partitions.map(({ partition, begin, end, bytes }) => {
        const current = selected === String(partition);
        return (
          <li key={partition}>
            <a
              href={addressOf(['topics', topic.name], { partition: current ? undefined : partition })}
              aria-current={current ? 'true' : undefined}
              title={current ? 'Show all partitions' : `Show partition ${partition} only`}
            >
              <span class="partition-name">Partition {partition}</span>
              <span class="partition-count">{formatCount(end - begin)}</span>
              <span class="meter">
                <span style={{ width: `${Math.round(((end - begin) / most) * 100)}%` }} />
              </span>
              <span class="partition-range">
                {formatCount(begin)} – {formatCount(end)} · {formatBytes(bytes)}
              </span>
            </a>
          </li>
        );
      })}
    </ol>
  );
}
