import { type LogRecord, type NewRecord, partsLeftOut } from '@order-flow/event-log';
import { z } from 'zod';
import { isIncomplete, parkedAs, withoutDeath } from './dead-letter.js';
import { StreamsError } from './errors.js';
import { redriveTopic } from './graph.js';
import { parkedName } from './parked-keys.js';
import { originOf } from './record.js';
import type { SliceWork } from './work.js';

/**
 * Asks the owner of a slice to run parked records again, in order, or to let go of them: those of one key of one input
 * topic, or all of the slice.
 */
export const RedriveRequest = z
  .object({
    action: z.enum(['redrive', 'discard']),
    topic: z.string().optional(),
    key: z.string().nullable().optional(),
  })
  .refine(({ topic, key }) => (topic === undefined) === (key === undefined), 'topic and key go together');
export type RedriveRequest = z.infer<typeof RedriveRequest>;

/** A request as a record. @param partition the slice whose records are parked @param timestamp milliseconds, now */
export function redriveRecord(
  topology: string,
  partition: number,
  request: RedriveRequest,
  timestamp: number,
): NewRecord {
  const value = Buffer.from(JSON.stringify(RedriveRequest.parse(request)));
  return { topic: redriveTopic(topology), partition, key: request.key ?? null, value, timestamp };
}

/** @throws StreamsError BAD_REQUEST */
export function parseRedrive({ value }: LogRecord): RedriveRequest {
  try {
    return RedriveRequest.parse(JSON.parse((value ?? '').toString()));
  } catch (cause) {
    throw new StreamsError('BAD_REQUEST', `no request to redrive: ${String(cause)}`, { cause });
  }
}

/** Names of the parked keys a request is about. */
export function requested({ parked }: SliceWork, { topic, key }: RedriveRequest): readonly string[] {
  if (topic === undefined) return parked.names;
  const name = parkedName(topic, key ?? null);
  return parked.get(name) ? [name] : [];
}

/**
 * One key's way through its parked records. Where order matters, the first that fails again stays first, and all after it
 * stay behind it; where it does not, what fails again goes to the end of the queue and the others run.
 */
export class Redrive {
  /** Where the queue ended when it began. */
  readonly until: number;
  #rest: number;
  #stuck = false;

  constructor(
    private readonly work: SliceWork,
    private readonly name: string,
    private readonly action: RedriveRequest['action'],
  ) {
    this.until = work.deadLetterEnd;
    this.#rest = work.parked.get(name)?.count ?? 0;
  }

  get from(): number {
    return this.work.parked.get(this.name)?.since ?? this.until;
  }

  get done(): boolean {
    return this.#stuck || this.#rest === 0;
  }

  /** Whether the letter's record must be read from its topic before it can be run. */
  needsOriginal(letter: LogRecord): boolean {
    return this.action === 'redrive' && isIncomplete(letter) && this.#isNext(letter);
  }

  /**
   * @param letter the next record of the dead-letter queue, of whatever key
   * @param original the letter's record, if it must be read from its topic and is still there
   */
  take(letter: LogRecord, original?: LogRecord): void {
    if (!this.#isNext(letter)) return;
    const lost = isIncomplete(letter) && !original;
    const record = original ?? withoutDeath(letter);
    const error = this.#run(record, lost);
    const { parked } = this.work;
    if (error && this.work.sequenced(record.topic)) {
      this.#stuck = true;
      parked.left(this.name, letter.offset, this.#rest);
      this.work.stillParked(record, error);
      return;
    }
    this.#rest--;
    const count = (parked.get(this.name)?.count ?? 1) - 1;
    parked.left(this.name, this.#rest > 0 ? letter.offset + 1 : this.until, count);
    if (error) this.work.park(record, error, { name: this.name, without: lost ? partsLeftOut(letter) : 0 });
  }

  #run(record: LogRecord, lost: boolean): Error | undefined {
    if (this.action === 'discard') return undefined;
    return lost ? isGone(record) : this.work.attempt(record);
  }

  #isNext(letter: LogRecord): boolean {
    return !this.done && letter.offset < this.until && parkedAs(letter) === this.name;
  }
}

const isGone = (record: LogRecord): StreamsError =>
  new StreamsError('ORIGINAL_GONE', `its letter lacks the record, which is no longer at ${originOf(record)}`);
