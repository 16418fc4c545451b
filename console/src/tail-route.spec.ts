import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TailUpdate } from './shapes.js';
import { consoleFixture } from './testing/console-fixture.js';

const TOPIC = 'order.events';

/** Reads server-sent events until one of them, together with those before, satisfies the condition. */
async function updatesUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  enough: (updates: readonly TailUpdate[]) => boolean,
): Promise<TailUpdate[]> {
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const updates = text
      .split('\n\n')
      .slice(0, -1)
      .filter((event) => event.startsWith('event: messages'))
      .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)) as TailUpdate);
    if (enough(updates)) return updates;
    const { done, value } = await reader.read();
    if (done) throw new Error(`the tail ended after: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
}

/** Reads until a number of ids came; each tells how far the tail has come. */
async function idsUntil(reader: ReadableStreamDefaultReader<Uint8Array>, count: number): Promise<string[]> {
  let text = '';
  for (;;) {
    const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');
    if (ids.length >= count) return ids;
    const { done, value } = await reader.read();
    if (done) throw new Error(`the tail ended after: ${text}`);
    text += new TextDecoder().decode(value);
  }
}

const keys = (updates: readonly TailUpdate[]) => updates.flatMap(({ messages }) => messages.map(({ key }) => key));

describe('the live tail', () => {
  let fixture: Awaited<ReturnType<typeof consoleFixture>>;
  beforeEach(async () => {
    fixture = await consoleFixture();
  });
  afterEach(() => fixture.stop());

  const record = (key: string) => ({ topic: TOPIC, key, value: Buffer.from('{}'), timestamp: 1 });
  const open = async (query = '', lastEventId?: string) => {
    const leaving = new AbortController();
    const { operator, url } = fixture;
    const headers = { ...operator, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
    const response = await fetch(`${url}/api/topics/${TOPIC}/tail${query}`, { headers, signal: leaving.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    return { reader, leave: () => leaving.abort() };
  };

  it('shows what arrives after it was opened', async () => {
    await fixture.write(record('before'));
    const { reader, leave } = await open();
    await fixture.write(record('a'), record('b'));
    await fixture.write(record('c'));
    const updates = await updatesUntil(reader, (seen) => keys(seen).length >= 3);
    expect(keys(updates).sort()).toEqual(['a', 'b', 'c']);
    leave();
  });

  it('shows one key only where that is asked for', async () => {
    const { reader, leave } = await open('?key=wanted');
    await fixture.write(record('other'), record('wanted'), record('wanted'));
    expect(keys(await updatesUntil(reader, (seen) => keys(seen).length >= 2))).toEqual(['wanted', 'wanted']);
    leave();
  });

  it('goes on where it was cut off', async () => {
    const { reader, leave } = await open();
    await fixture.write(record('a'));
    const ids = await idsUntil(reader, 2);
    leave();
    await fixture.write(record('missed'), record('too'));
    const again = await open('', ids.at(-1));
    await fixture.write(record('new'));
    const updates = await updatesUntil(again.reader, (seen) => keys(seen).length >= 3);
    expect(keys(updates).sort()).toEqual(['missed', 'new', 'too']);
    again.leave();
  });

  it('refuses an id that it did not give', async () => {
    const headers = { ...fixture.operator, 'last-event-id': 'nonsense' };
    const response = await fetch(`${fixture.url}/api/topics/${TOPIC}/tail`, { headers });
    expect([response.status, await response.json()]).toMatchObject([422, { code: 'INVALID_INPUT' }]);
  });

  it('drops and counts what comes faster than it is shown', async () => {
    const { reader, leave } = await open();
    await fixture.write(...Array.from({ length: 5_000 }, (_, index) => record(`key-${index}`)));
    const updates = await updatesUntil(reader, (seen) => keys(seen).length + (seen.at(-1)?.dropped ?? 0) >= 5_000);
    expect(keys(updates).length + (updates.at(-1)?.dropped ?? 0)).toBe(5_000);
    expect(updates.at(-1)?.dropped).toBeGreaterThan(0);
    leave();
  });

  it('ends with the server', async () => {
    const { reader } = await open();
    const [end] = await Promise.all([readToEnd(reader), fixture.stopConsole()]);
    expect(end).toBe(true);
  });

  it('ends when the token it was opened with expires', async () => {
    fixture.operator.authorization = (await fixture.headersFor('operator', 'root', '3s')).authorization;
    const { reader } = await open();
    expect(await readToEnd(reader)).toBe(true);
    expect(await fixture.get(`/api/topics/${TOPIC}/tail`)).toMatchObject({ status: 401 });
  });

  it('frees its place when the client goes', async () => {
    const opened = await Promise.all(Array.from({ length: 50 }, () => open()));
    const refused = await fixture.get(`/api/topics/${TOPIC}/tail`);
    expect(refused).toMatchObject({ status: 503, body: { code: 'BUSY' } });
    for (const { leave } of opened) leave();
    let answer: Response | undefined;
    const leaving = new AbortController();
    for (let attempt = 0; attempt < 500 && answer?.status !== 200; attempt++) {
      const { url, operator: headers } = fixture;
      answer = await fetch(`${url}/api/topics/${TOPIC}/tail`, { headers, signal: leaving.signal });
    }
    expect(answer?.status).toBe(200);
    leaving.abort();
  });

  it('does not keep the server from stopping when a connection carries no request', async () => {
    const silent = connect(Number(new URL(fixture.url).port), '127.0.0.1');
    await once(silent, 'connect');
    await Promise.all([once(silent, 'close'), fixture.stopConsole()]);
  });
});

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
  for (;;) {
    const { done } = await reader.read();
    if (done) return true;
  }
}
