import { eventTopic, eventType } from '@order-flow/contracts';
import * as fc from 'fast-check';
import { z } from 'zod';
import type { Topology } from '../graph.js';
import { filter, flatMap, map, ofType } from '../operators.js';
import type { Stream } from '../stream.js';
import { topology, type TopologyBuilder } from '../topology.js';

const numbers = z.object({ n: z.int() });
export const inputs = eventTopic('number.events', 'key', { Plus: eventType(numbers), Minus: eventType(numbers) });
export const results = eventTopic('result.events', 'key', { Result: eventType(numbers) });

type Type = 'Plus' | 'Minus';

/** One built-in operator on numbers. */
export type Step =
  | { readonly op: 'map'; readonly add: number }
  | { readonly op: 'filter'; readonly modulus: number }
  | { readonly op: 'flatMap'; readonly copies: number }
  | { readonly op: 'refuse'; readonly modulus: number }
  | { readonly op: 'sum' }
  | { readonly op: 'decide'; readonly limit: number }
  | { readonly op: 'aggregate' }
  | { readonly op: 'window'; readonly sizeMs: number }
  | { readonly op: 'dedup'; readonly horizonMs: number }
  | { readonly op: 'repartition'; readonly modulus: number };

type Remembering = Extract<Step, { readonly op: 'aggregate' | 'window' | 'dedup' | 'decide' }>;

/** Branches from one source, each of some types, merged, and what follows. */
export interface Plan {
  readonly branches: readonly { readonly types: readonly Type[]; readonly steps: readonly Step[] }[];
  readonly tail: readonly Step[];
}

export interface Input {
  readonly type: Type;
  readonly key: string;
  readonly n: number;
  /** Milliseconds since the one before. */
  readonly after: number;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constant('map' as const), add: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ op: fc.constant('filter' as const), modulus: fc.integer({ min: 2, max: 4 }) }),
  fc.record({ op: fc.constant('flatMap' as const), copies: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ op: fc.constant('refuse' as const), modulus: fc.integer({ min: 5, max: 9 }) }),
  fc.constant({ op: 'sum' as const }),
  fc.record({ op: fc.constant('decide' as const), limit: fc.integer({ min: 0, max: 20 }) }),
  fc.constant({ op: 'aggregate' as const }),
  fc.record({ op: fc.constant('window' as const), sizeMs: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ op: fc.constant('dedup' as const), horizonMs: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ op: fc.constant('repartition' as const), modulus: fc.integer({ min: 1, max: 3 }) }),
);
const types: fc.Arbitrary<Type[]> = fc.subarray<Type>(['Plus', 'Minus'], { minLength: 1 });

export const plans: fc.Arbitrary<Plan> = fc.record({
  branches: fc.array(fc.record({ types, steps: fc.array(step, { maxLength: 4 }) }), { minLength: 1, maxLength: 3 }),
  tail: fc.array(step, { maxLength: 4 }),
});
export const inputLists: fc.Arbitrary<Input[]> = fc.array(
  fc.record({
    type: fc.constantFrom<Type[]>('Plus', 'Minus'),
    key: fc.constantFrom('a', 'b', 'c'),
    n: fc.integer({ min: -20, max: 20 }),
    after: fc.integer({ min: 0, max: 12 }),
  }),
  { maxLength: 25 },
);

const refuses = (n: number, modulus: number): boolean => n !== 0 && n % modulus === 0;
const passes = (n: number, modulus: number): boolean => n % modulus === 0;
const copiesOf = (n: number, copies: number): number[] => Array.from({ length: copies }, (_, index) => n + index);
const keyOf = (n: number, modulus: number): string => `part-${Math.abs(n) % modulus}`;
const fits = (n: number, total: number, limit: number): boolean => Math.abs(total + n) <= limit;

const SUM = { initialState: () => 0, fold: (sum: number, n: number): number => sum + n };

function applied(t: TopologyBuilder, stream: Stream<number>, step: Step, name: string): Stream<number> {
  switch (step.op) {
    case 'map':
      return stream.pipe(map((n) => n + step.add));
    case 'filter':
      return stream.pipe(filter((n) => passes(n, step.modulus)));
    case 'flatMap':
      return stream.pipe(flatMap((n) => copiesOf(n, step.copies)));
    case 'refuse':
      return stream.pipe(
        map((n) => {
          if (refuses(n, step.modulus)) throw new Error(`refused ${n}`);
          return n;
        }),
      );
    case 'sum': {
      const sums = t.store(name, z.int());
      return stream.process(name, { sums }, ({ key, value }, stores) => {
        const sum = (stores.sums.get(key) ?? 0) + value;
        if (sum % 5 === 0) stores.sums.delete(key);
        else stores.sums.put(key, sum);
        return [sum, [...stores.sums.range({})].length];
      });
    }
    case 'decide':
      return stream.decide(t.store(name, z.int()), {
        initialState: () => 0,
        decide: (n, total) => (fits(n, total, step.limit) ? [n] : []),
        evolve: (total, n) => total + n,
      });
    case 'aggregate':
      return stream.aggregate(t.store(name, z.int()), SUM);
    case 'window':
      return stream
        .windowed(t.store(name, z.int()), { sizeMs: step.sizeMs }, SUM)
        .results.pipe(map(({ value }) => value));
    case 'dedup':
      return stream.dedup(t.store(name, z.number()), { id: String, horizonMs: step.horizonMs });
    case 'repartition':
      return stream.repartition(name, { schema: z.int(), key: (n) => keyOf(n, step.modulus) });
  }
}

const nameOf = (branch: number | 'tail', index: number): string => `step-${branch}-${index}`;

/** The plan as a topology of the library's operators. */
export const built = (plan: Plan): Topology =>
  topology('random', (t) => {
    const source = t.from(inputs);
    const branches = plan.branches.map(({ types, steps }, branch) =>
      steps.reduce(
        (stream, step, index) => applied(t, stream, step, nameOf(branch, index)),
        source.pipe(
          ofType(...types),
          map(({ data }) => data.n),
        ),
      ),
    );
    plan.tail
      .reduce((stream, step, index) => applied(t, stream, step, nameOf('tail', index)), t.merge(...branches))
      .pipe(map((n) => ({ type: 'Result' as const, data: { n } })))
      .to(results);
  });

interface Place {
  readonly branch: number | 'tail';
  readonly index: number;
}

/** The plan as a plain fold: what must come out, be parked and be kept. */
export class Model {
  outputs: [key: string, n: number][] = [];
  parked = 0;
  #state = new Map<string, Map<string, number>>();
  readonly #parkedKeys = new Set<string>();
  #now = 0;
  /** Key of the input that is processed; undefined behind a repartition, where keys do not wait. */
  #source: string | undefined;
  #queue: (() => void)[] = [];

  constructor(readonly plan: Plan) {}

  /** Everything in the store of a step. */
  store(name: string): Record<string, number> {
    return Object.fromEntries(this.#state.get(name) ?? []);
  }

  take({ type, key, n, after }: Input): void {
    this.#now += after;
    if (this.#parkedKeys.has(key)) {
      this.parked++;
      return;
    }
    this.#queue.push(() => {
      this.#source = key;
      this.plan.branches.forEach(({ types }, branch) => {
        if (types.includes(type)) this.#push({ branch, index: 0 }, key, n);
      });
    });
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      this.#source = undefined;
      this.#attempt(next);
    }
  }

  /** All of what follows from one record, or nothing. */
  #attempt(work: () => void): void {
    const outputs = [...this.outputs];
    const queue = [...this.#queue];
    const state = structuredClone(this.#state);
    try {
      work();
    } catch {
      this.parked++;
      if (this.#source !== undefined) this.#parkedKeys.add(this.#source);
      this.outputs = outputs;
      this.#queue = queue;
      this.#state = state;
    }
  }

  #push(place: Place, key: string, n: number): void {
    const steps = place.branch === 'tail' ? this.plan.tail : (this.plan.branches[place.branch]?.steps ?? []);
    const step = steps[place.index];
    const next: Place = { branch: place.branch, index: place.index + 1 };
    if (step?.op === 'repartition') {
      this.#queue.push(() => this.#push(next, keyOf(n, step.modulus), n));
    } else if (step) {
      for (const value of this.#results(step, nameOf(place.branch, place.index), key, n)) this.#push(next, key, value);
    } else if (place.branch === 'tail') this.outputs.push([key, n]);
    else this.#push({ branch: 'tail', index: 0 }, key, n);
  }

  #results(step: Exclude<Step, { op: 'repartition' }>, name: string, key: string, n: number): number[] {
    switch (step.op) {
      case 'map':
        return [n + step.add];
      case 'filter':
        return passes(n, step.modulus) ? [n] : [];
      case 'flatMap':
        return copiesOf(n, step.copies);
      case 'refuse':
        if (refuses(n, step.modulus)) throw new Error('refused');
        return [n];
      case 'sum':
        return this.#sum(this.#values(name), key, n);
      default:
        return this.#remembered(step, this.#values(name), key, n);
    }
  }

  #remembered(step: Remembering, values: Map<string, number>, key: string, n: number): number[] {
    switch (step.op) {
      case 'aggregate':
        return [this.#added(values, key, n)];
      case 'window':
        return [this.#added(values, `${Math.floor(this.#now / step.sizeMs)}/${key}`, n)];
      case 'dedup':
        return this.#first(values, `${key}/${n}`, step.horizonMs) ? [n] : [];
      case 'decide':
        return this.#decide(values, key, n, step.limit);
    }
  }

  #sum(sums: Map<string, number>, key: string, n: number): number[] {
    const sum = (sums.get(key) ?? 0) + n;
    if (sum % 5 === 0) sums.delete(key);
    else sums.set(key, sum);
    return [sum, sums.size];
  }

  #decide(totals: Map<string, number>, key: string, n: number, limit: number): number[] {
    const total = totals.get(key) ?? 0;
    if (!fits(n, total, limit)) return [];
    totals.set(key, total + n);
    return [n];
  }

  #values(name: string): Map<string, number> {
    const values = this.#state.get(name) ?? new Map<string, number>();
    this.#state.set(name, values);
    return values;
  }

  #added(sums: Map<string, number>, key: string, n: number): number {
    const sum = (sums.get(key) ?? 0) + n;
    sums.set(key, sum);
    return sum;
  }

  #first(seen: Map<string, number>, name: string, horizonMs: number): boolean {
    const last = seen.get(name);
    if (last !== undefined && this.#now - last <= horizonMs) return false;
    seen.set(name, this.#now);
    return true;
  }
}
