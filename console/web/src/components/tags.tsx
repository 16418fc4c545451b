/** Topics have a colour of their own wherever they appear; all others share one. */
const COLOURED = [
  'order.events',
  'order.commands',
  'inventory.events',
  'payment.events',
  'account.events',
  'catalog.events',
];

export function topicColour(topic: string): string {
  if (topic.endsWith('.dlq')) return 'topic-dlq';
  return COLOURED.includes(topic) ? `topic-${topic.replace('.', '-')}` : 'topic-other';
}

export const TopicTag = ({ topic }: { topic: string }) => <span class={`tag ${topicColour(topic)}`}>{topic}</span>;

const TONES: Readonly<Record<string, string>> = {
  CONFIRMED: 'good',
  DISPATCHED: 'good',
  DELIVERED: 'good',
  FAILED: 'bad',
  CANCELLED: 'bad',
  REFUNDED: 'bad',
};

export const StatusBadge = ({ status }: { status: string }) => (
  <span class={`badge ${TONES[status] ?? 'waiting'}`}>{status}</span>
);
