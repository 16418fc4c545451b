import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type NewRecord, partitionForKey } from '@order-flow/event-log';
import type { MessagePage, TopicDetail, TopicSummary } from './shapes.js';
import { consoleFixture, PARTITIONS } from './testing/console-fixture.js';

const TOPIC = 'order.events';
const message = (index: number, more: Partial<NewRecord> = {}): NewRecord => ({
  topic: TOPIC,
  key: `key-${index % 7}`,
  value: Buffer.from(JSON.stringify({ index })),
  timestamp: 1_000 + index,
  ...more,
});
const indexes = ({ messages }: MessagePage) =>
  messages.map(({ value }) => (value.format === 'json' ? (value.json as { index: number }).index : undefined));

describe('the topic browser', () => {
  let fixture: Awaited<ReturnType<typeof consoleFixture>>;
  beforeEach(async () => {
    fixture = await consoleFixture();
  });
  afterEach(() => fixture.stop());

  const messages = async (query: string, topic = TOPIC) => {
    const { status, body } = await fixture.get(`/api/topics/${topic}/messages${query}`);
    expect(status).toBe(200);
    return body as unknown as MessagePage;
  };

  it('is for operators', async () => {
    const customer = await fixture.headersFor('customer', 'ada');
    for (const path of ['', `/${TOPIC}`, `/${TOPIC}/messages`, `/${TOPIC}/tail`]) {
      expect(await fixture.get(`/api/topics${path}`, {})).toMatchObject({ status: 401 });
      const refused = await fixture.get(`/api/topics${path}`, customer);
      expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
  });

  it('lists topics with what they are for and how large they are', async () => {
    await fixture.write(message(0), message(1), message(2));
    const topics = (await fixture.get('/api/topics')).body as unknown as TopicSummary[];
    const order = topics.find(({ name }) => name === TOPIC);
    expect(order).toMatchObject({ kind: 'events', key: 'order id', cleanup: 'delete', partitions: 3, records: 3 });
    expect(order?.bytes).toBeGreaterThan(20);
    expect(topics.find(({ name }) => name === 'payment.dlq')?.kind).toBe('dead-letters');
    expect(topics.map(({ name }) => name)).toEqual(topics.map(({ name }) => name).sort());
  });

  it('describes one topic by its partitions', async () => {
    await fixture.write(message(0, { partition: 1 }), message(1, { partition: 1 }));
    const topic = (await fixture.get(`/api/topics/${TOPIC}`)).body as unknown as TopicDetail;
    expect(topic.partitions).toHaveLength(PARTITIONS);
    expect(topic.partitions[1]).toMatchObject({ partition: 1, begin: 0, end: 2 });
    expect(await fixture.get('/api/topics/nowhere')).toMatchObject({ status: 404, body: { code: 'UNKNOWN_TOPIC' } });
  });

  it('pages from the newest back over all partitions, and leaves nothing out', async () => {
    await fixture.write(...Array.from({ length: 120 }, (_, index) => message(index)));
    const seen: (number | undefined)[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: MessagePage = await messages(`?limit=25${cursor && `&before=${cursor}`}`);
      seen.push(...indexes(page));
      cursor = page.before;
    }
    expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => 119 - index));
  });

  it('keeps the order of each partition when times go backwards', async () => {
    const times = [5, 9, 1, 3];
    await fixture.write(...times.map((timestamp, index) => message(index, { partition: 0, timestamp })));
    expect(indexes(await messages(''))).toEqual([3, 2, 1, 0]);
  });

  it('reads one partition from an offset on', async () => {
    await fixture.write(...Array.from({ length: 10 }, (_, index) => message(index, { partition: 2 })));
    const page = await messages('?partition=2&offset=4&limit=3');
    expect(indexes(page)).toEqual([4, 5, 6]);
    expect(page).toMatchObject({ nextOffset: 7, before: '2:4' });
    expect(indexes(await messages('?partition=2&before=2:4&limit=2'))).toEqual([3, 2]);
    expect(await messages('?partition=2&offset=10')).toMatchObject({ messages: [], nextOffset: null });
  });

  it('finds a key in the one partition it can be in', async () => {
    await fixture.write(...Array.from({ length: 70 }, (_, index) => message(index)));
    const page = await messages('?key=key-3');
    expect(indexes(page)).toEqual([66, 59, 52, 45, 38, 31, 24, 17, 10, 3]);
    const partition = partitionForKey('key-3', PARTITIONS);
    expect(new Set(page.messages.map((found) => found.partition))).toEqual(new Set([partition]));
    const end = (await fixture.log.admin.partitions(TOPIC))[partition]?.end;
    expect(page.scanned).toBe(end);
  });

  it('bounds the search for a key, and goes on from its cursor', async () => {
    const partition = partitionForKey('needle', PARTITIONS);
    const hay = (index: number) => message(index, { key: 'hay', partition });
    await fixture.write(message(0, { key: 'needle' }));
    for (let batch = 0; batch < 6; batch++) {
      await fixture.write(...Array.from({ length: 10_000 }, (_, index) => hay(index)));
    }
    const first = await messages('?key=needle');
    expect(first.messages).toEqual([]);
    expect(first.scanned).toBeGreaterThanOrEqual(50_000);
    expect(first.scanned).toBeLessThan(55_000);
    const second = await messages(`?key=needle&before=${first.before ?? ''}`);
    expect(indexes(second)).toEqual([0]);
    expect(second.before).toBeNull();
  });

  it('skips what was deleted or compacted away', async () => {
    await fixture.write(...Array.from({ length: 10 }, (_, index) => message(index, { partition: 0 })));
    await fixture.log.admin.deleteRecords([{ topic: TOPIC, partition: 0, offset: 6 }]);
    expect(indexes(await messages(''))).toEqual([9, 8, 7, 6]);
    const refused = await fixture.get(`/api/topics/${TOPIC}/messages?partition=0&offset=3`);
    expect(refused).toMatchObject({ status: 422, body: { code: 'OFFSET_OUT_OF_RANGE', begin: 6, end: 10 } });
    const topic = 'payment.balances.changelog';
    for (let round = 0; round < 3; round++) {
      await fixture.write(
        ...Array.from({ length: 300 }, (_, index) => message(index, { topic, key: 'one', partition: 0 })),
      );
    }
    await fixture.log.admin.clean();
    const page = await messages('?limit=200', topic);
    expect(indexes(page).at(0)).toBe(299);
    expect(page.before).toBeNull();
  });

  it('shows headers, tombstones and values that are no JSON', async () => {
    await fixture.write(
      message(0, { value: null, headers: { cause: 'a-0-1' } }),
      message(1, { value: Buffer.from([0xff]), key: null }),
    );
    const [bytes, tombstone] = (await messages('')).messages;
    expect(bytes).toMatchObject({ key: null, value: { format: 'base64', text: '/w==' } });
    expect(tombstone).toMatchObject({ headers: { cause: 'a-0-1' }, value: { format: 'none' } });
  });

  it.each([
    ['?limit=201', 422],
    ['?limit=x', 422],
    ['?offset=1', 422],
    ['?partition=0&offset=0&key=a', 422],
    ['?before=here', 422],
    ['?colour=red', 422],
    ['?partition=99', 404],
  ])('refuses %s with a problem', async (query, status) => {
    const response = await fetch(`${fixture.url}/api/topics/${TOPIC}/messages${query}`, { headers: fixture.operator });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});
