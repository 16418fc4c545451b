import {
  deadLetter as letterOf,
  headersBefore,
  type LogRecord,
  type NewRecord,
  originalOf,
  partsLeftOut,
} from '@order-flow/event-log';
import { deadLetterTopic } from './graph.js';
import { parkedName } from './parked-keys.js';

const STACK_LIMIT = 2_000;
const PARKED_AS = 'dlq-parked-as';

/** What is known of a record whose former letter had to leave out some of it, which is gone. */
export interface Remains {
  readonly name: string;
  readonly without: number;
}

/** The failed record as it was, with what went wrong and where it stood in headers. @param name of its parked key */
export function deadLetter(topology: string, record: LogRecord, error: Error, { name, without }: Remains): NewRecord {
  const stack = (error.stack ?? '').slice(0, STACK_LIMIT);
  const topic = deadLetterTopic(topology);
  const headers = { 'dlq-stack': stack };
  const letter = letterOf(record, error, { topic, partition: record.partition, headers, without });
  if (parkedName(record.topic, letter.key) === name) return letter;
  return { ...letter, headers: { ...letter.headers, [PARKED_AS]: name } };
}

/** The name of the parked key that a letter belongs to. */
export function parkedAs(letter: LogRecord): string {
  return letter.headers[PARKED_AS] ?? parkedName(originalOf(letter).topic, letter.key);
}

/** Whether the record, or some of it, is to be found on its topic alone. */
export const isIncomplete = (letter: Pick<NewRecord, 'headers'>): boolean => partsLeftOut(letter) > 0;

/** The record as it stood on its topic, but for what is left out. */
export const withoutDeath = (letter: LogRecord): LogRecord => ({
  ...letter,
  ...originalOf(letter),
  headers: headersBefore(letter.headers),
});
