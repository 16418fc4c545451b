import { deadLetterTopic, redriveTopic } from './graph.js';
import type { ParkedKeys } from './parked-keys.js';
import type { SliceContext } from './slice-context.js';

/**
 * Deletes what nobody will read again: repartition records and redrive requests that are consumed, dead letters that are
 * done with. What a parked letter had to leave out for its size stays where it is, and all behind it. Deleting is no part
 * of any commit, and what is not deleted now is deleted next time.
 */
export class Trimmer {
  readonly #context: SliceContext;
  readonly #topics: readonly string[];
  #trimmedAt = performance.now();
  #under: Promise<void> | undefined;

  constructor(context: SliceContext) {
    this.#context = context;
    const { name, nodes } = context.topology;
    const repartitions = nodes.flatMap((node) => (node.kind === 'source' && node.repartition ? [node.topic] : []));
    this.#topics = [...repartitions, redriveTopic(name)];
  }

  /** Begins a deletion below committed positions when the last was long enough ago. */
  trim(positions: ReadonlyMap<string, number>, parked: ParkedKeys): void {
    if (this.#under || performance.now() - this.#trimmedAt < this.#context.options.trimIntervalMs) return;
    this.#trimmedAt = performance.now();
    const before = this.#topics.map((topic) => ({
      topic,
      offset: Math.min(positions.get(topic) ?? 0, parked.originalsIn(topic)),
    }));
    this.#under = this.#delete(before).finally(() => (this.#under = undefined));
  }

  /** Deletes the dead letters below an offset. */
  trimLetters(offset: number): Promise<void> {
    return this.#delete([{ topic: deadLetterTopic(this.#context.topology.name), offset }]);
  }

  async #delete(before: readonly { readonly topic: string; readonly offset: number }[]): Promise<void> {
    const { slice, log } = this.#context;
    const offsets = before.filter(({ offset }) => offset > 0).map((at) => ({ ...at, partition: slice }));
    if (offsets.length > 0) await log.admin.deleteRecords(offsets).catch(() => undefined);
  }
}
