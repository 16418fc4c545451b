import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { EventLog } from '@order-flow/event-log';
import { expiryOf, FOR_OPERATORS, type HttpApp, Problem } from '@order-flow/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Slots } from '../app/slots.js';
import { fillTail, TailBuffer, tailStart } from '../app/tail.js';
import { CURSOR_PATTERN, decodeCursor, encodeCursor } from '../domain/cursor.js';
import { parseInput, whileWanted } from './access.js';
import { Key, Partition, partitionsFor, partitionsOf, TopicPath } from './topic-input.js';

const OPEN_TAILS = 50;
/** Milliseconds between two updates: nobody reads faster. */
const PACE = 100;
const HEARTBEAT = 10_000;

/** Of a tail of all partitions some thousand characters at most. */
const LastEventId = z
  .string()
  .max(8_000)
  .regex(CURSOR_PATTERN, 'an id that this stream gave')
  .transform(decodeCursor)
  .optional();
const TailQuery = z.strictObject({ partition: Partition.optional(), key: Key.optional() });

/** Writes, and waits while the client does not read. */
async function write({ raw }: FastifyReply, text: string, signal: AbortSignal): Promise<void> {
  if (!raw.write(text)) await once(raw, 'drain', { signal });
}

const idOf = ({ positions }: TailBuffer): string => `id: ${encodeCursor(positions)}`;

/** @param until milliseconds since 1970 */
async function sendUpdates(reply: FastifyReply, buffer: TailBuffer, until: number, signal: AbortSignal): Promise<void> {
  let silentSince = performance.now();
  await write(reply, `${idOf(buffer)}\n\n`, signal);
  while (!signal.aborted && Date.now() < until) {
    await setTimeout(PACE, undefined, { signal });
    const update = buffer.take();
    if (update) await write(reply, `event: messages\n${idOf(buffer)}\ndata: ${JSON.stringify(update)}\n\n`, signal);
    else if (performance.now() - silentSince < HEARTBEAT) continue;
    else await write(reply, `${idOf(buffer)}\n\n`, signal);
    silentSince = performance.now();
  }
}

/** Streams until the client or the server ends it, the caller's token expires, or the log fails. */
async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  signal: AbortSignal,
  buffer: TailBuffer,
  fill: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const filling = fill(either);
  try {
    const expiresAt = expiryOf(request.headers.authorization ?? '');
    await Promise.race([filling, sendUpdates(reply, buffer, expiresAt, either)]);
  } catch (error) {
    if (!either.aborted) request.log.error({ err: error, url: request.url }, 'live tail failed');
  } finally {
    ended.abort();
    await filling.catch(() => undefined);
    reply.raw.end();
  }
}

/**
 * `GET /api/topics/:topic/tail`: what arrives from now on, as server-sent events `messages` of `TailUpdate`. The ids tell
 * how far it has come: one that is given back as `Last-Event-ID` goes on from there.
 */
export function tailRoute(app: HttpApp, log: EventLog, stopping: AbortSignal): void {
  const tails = new Slots(OPEN_TAILS, 'live tails');
  app.get('/api/topics/:topic/tail', FOR_OPERATORS, async (request, reply) => {
    if (stopping.aborted) throw new Problem(503, 'STOPPING', 'the console is stopping');
    const { topic } = parseInput(TopicPath, request.params);
    const query = parseInput(TailQuery, request.query);
    const last = parseInput(LastEventId, request.headers['last-event-id']);
    const { from, dropped } = tailStart(topic, partitionsFor(await partitionsOf(log, topic), query), last);
    await tails.hold(async () => {
      const signal = whileWanted(reply, stopping);
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      const buffer = new TailBuffer(from, dropped);
      await stream(request, reply, signal, buffer, (until) => fillTail(log, { from, key: query.key }, buffer, until));
    });
  });
}
