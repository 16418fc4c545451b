import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Appended, EventStore, ExpectedRevision, NewEvent, Position } from '../port.js';
import type { EventStoreBackend } from './fixture.js';
import { all, ids, newEvents, storeForEachTest } from './fixture.js';

type Step =
  | {
      readonly do: 'append';
      readonly stream: number;
      readonly expected: ExpectedRevision | 'right';
      readonly count: number;
    }
  | { readonly do: 'repeat'; readonly which: number }
  | { readonly do: 'delete'; readonly stream: number }
  | { readonly do: 'truncate'; readonly stream: number; readonly $maxCount: number };

/** One stream as plain arrays: what was appended, and what of it is still shown. */
interface ModelStream {
  readonly name: string;
  readonly ids: string[];
  hiddenBelow: number;
  maxCount: number;
}

interface Accepted {
  readonly stream: ModelStream;
  readonly events: readonly NewEvent[];
  readonly expected: ExpectedRevision;
  readonly answer: Appended;
}

const stream = fc.integer({ min: 0, max: 2 });
const expectation = fc.oneof(
  fc.constantFrom<ExpectedRevision | 'right'>('right', 'right', 'any', 'exists', 'no-stream'),
  fc.integer({ min: 0, max: 6 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream,
      expected: expectation,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), stream }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('truncate' as const), stream, $maxCount: fc.integer({ min: 1, max: 5 }) }),
  },
);

/** Any sequence of commands leaves what plain arrays hold, in every stream, in every direction, and in the whole. */
export function modelContract(backend: EventStoreBackend): void {
  describe('any sequence of commands', () => {
    const test = storeForEachTest(backend);

    it('has the outcome that plain arrays have', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
          const model = new Model(test.store, test.stream(randomUUID()), await test.store.lastPosition());
          for (const next of steps) await model.take(next);
          await model.compare();
        }),
        { numRuns: 60 },
      );
    }, 90_000);
  });
}

class Model {
  readonly #store: EventStore;
  readonly #prefix: string;
  readonly #after: Position | undefined;
  readonly #streams: readonly ModelStream[];
  readonly #order: string[] = [];
  #accepted: Accepted[] = [];

  /** @param after the store's last position; what others wrote before is not read each time */
  constructor(store: EventStore, prefix: string, after: Position | undefined) {
    this.#store = store;
    this.#prefix = prefix;
    this.#after = after;
    this.#streams = [0, 1, 2].map((index) => ({
      name: `${prefix}-${index}`,
      ids: [],
      hiddenBelow: 0,
      maxCount: Number.POSITIVE_INFINITY,
    }));
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        return this.#append(this.#streams[step.stream]!, step.expected, step.count);
      case 'repeat':
        return this.#repeat(step.which);
      case 'delete':
        return this.#delete(this.#streams[step.stream]!);
      case 'truncate':
        return this.#truncate(this.#streams[step.stream]!, step.$maxCount);
    }
  }

  async compare(): Promise<void> {
    for (const { name, ids: appended, hiddenBelow, maxCount } of this.#streams) {
      const shown = appended.slice(Math.max(hiddenBelow, appended.length - maxCount));
      expect(ids(await all(this.#store.readStream(name)))).toEqual(shown);
      const back = await all(this.#store.readStream(name, { direction: 'backwards', limit: 3 }));
      expect(ids(back)).toEqual([...shown].reverse().slice(0, 3));
    }
    const filter = { streamPrefixes: [this.#prefix] };
    const after = this.#after === undefined ? {} : { after: this.#after };
    const everything = await all(this.#store.readAll({ filter, ...after }));
    const shown = new Set(this.#streams.flatMap((one) => one.ids.slice(one.hiddenBelow)));
    const visible = (id: string): boolean => shown.has(id);
    expect(ids(everything).filter(visible)).toEqual(this.#order.filter(visible));
  }

  async #append(to: ModelStream, wanted: ExpectedRevision | 'right', count: number): Promise<void> {
    const events = newEvents(count);
    const last = to.ids.length - 1;
    const expected = wanted === 'right' ? (last < 0 ? 'no-stream' : last) : wanted;
    if (!this.#meets(to, expected)) {
      const append = this.#store.append(to.name, events, expected);
      await expect(append).rejects.toMatchObject({ code: 'WRONG_EXPECTED_REVISION' });
      return;
    }
    const answer = await this.#store.append(to.name, events, expected);
    to.ids.push(...ids(events));
    this.#order.push(...ids(events));
    expect(answer).toMatchObject({ revision: to.ids.length - 1, idempotent: false });
    this.#accepted.push({ stream: to, events, expected, answer });
  }

  #meets({ ids: appended, hiddenBelow }: ModelStream, expected: ExpectedRevision): boolean {
    const readable = appended.length > hiddenBelow;
    if (expected === 'any') return true;
    if (expected === 'exists') return readable;
    return expected === 'no-stream' ? !readable : appended.length > 0 && appended.length - 1 === expected;
  }

  async #repeat(which: number): Promise<void> {
    const accepted = this.#accepted[which % Math.max(1, this.#accepted.length)];
    if (!accepted) return;
    const { stream: to, events, expected, answer } = accepted;
    expect(await this.#store.append(to.name, events, expected)).toEqual({ ...answer, idempotent: true });
  }

  /** A deleted stream's earlier appends are forgotten: nothing is promised about repeating them. */
  async #delete(gone: ModelStream): Promise<void> {
    if (gone.ids.length <= gone.hiddenBelow) return;
    await this.#store.deleteStream(gone.name, gone.ids.length - 1);
    gone.hiddenBelow = gone.ids.length;
    this.#accepted = this.#accepted.filter((accepted) => accepted.stream !== gone);
  }

  /** Of a stream that can be read: event stores differ in what metadata make of one that is not there or was deleted. */
  async #truncate(of: ModelStream, $maxCount: number): Promise<void> {
    if (of.ids.length <= of.hiddenBelow) return;
    await this.#store.setStreamMetadata(of.name, { $maxCount, $tb: of.hiddenBelow });
    of.maxCount = $maxCount;
  }
}
