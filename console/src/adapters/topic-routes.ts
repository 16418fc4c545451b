import type { EventLog, PartitionInfo } from '@order-flow/event-log';
import { FOR_OPERATORS, type HttpApp, Problem, wholeNumber } from '@order-flow/service-kit';
import { z } from 'zod';
import { describeTopic, listTopics } from '../app/describe-topics.js';
import { messagesFromOffset } from '../app/messages-from-offset.js';
import { newestMessages } from '../app/newest-messages.js';
import { Slots } from '../app/slots.js';
import { CURSOR_PATTERN } from '../domain/cursor.js';
import type { MessagePage } from '../shapes.js';
import { parseInput, whileWanted } from './access.js';
import { tailRoute } from './tail-route.js';
import { Key, Partition, partitionsFor, partitionsOf, TopicPath, unknownTopic } from './topic-input.js';

const OPEN_SEARCHES = 8;

const MessagesQuery = z
  .strictObject({
    partition: Partition.optional(),
    offset: wholeNumber().optional(),
    key: Key.optional(),
    before: z.string().max(8_000).regex(CURSOR_PATTERN, 'a cursor of an earlier page').optional(),
    limit: wholeNumber(1, 200).default(50),
  })
  .refine(({ partition, offset }) => offset === undefined || partition !== undefined, 'offset needs partition')
  .refine(({ key, before, offset }) => offset === undefined || (key ?? before) === undefined, {
    message: 'offset goes with partition and limit only',
  });
type MessagesQuery = z.infer<typeof MessagesQuery>;

function checkRange({ partition, begin, end }: PartitionInfo, offset: number): void {
  if (offset >= begin && offset <= end) return;
  const message = `partition ${partition} holds the offsets ${begin} to ${end}, not ${offset}`;
  throw new Problem(422, 'OFFSET_OUT_OF_RANGE', message, { begin, end });
}

async function readMessages(log: EventLog, topic: string, query: MessagesQuery, signal: AbortSignal) {
  const { offset, key, before, limit } = query;
  const partitions = partitionsFor(await partitionsOf(log, topic), query);
  const [info] = partitions;
  if (offset === undefined || !info) return newestMessages(log, { topic, partitions, key, before, limit }, signal);
  checkRange(info, offset);
  return messagesFromOffset(log, { topic, info, offset, limit }, signal);
}

/** The topic browser: read-only, for operators. */
export function topicRoutes(app: HttpApp, log: EventLog, stopping: AbortSignal): void {
  const searches = new Slots(OPEN_SEARCHES, 'searches');
  app.get('/api/topics', FOR_OPERATORS, () => listTopics(log));
  app.get('/api/topics/:topic', FOR_OPERATORS, async (request) => {
    const { topic } = parseInput(TopicPath, request.params);
    const detail = await describeTopic(log, topic);
    if (!detail) throw unknownTopic(topic);
    return detail;
  });
  app.get('/api/topics/:topic/messages', FOR_OPERATORS, async (request, reply): Promise<MessagePage> => {
    const { topic } = parseInput(TopicPath, request.params);
    const query = parseInput(MessagesQuery, request.query);
    return searches.hold(() => readMessages(log, topic, query, whileWanted(reply, stopping)));
  });
  tailRoute(app, log, stopping);
}
