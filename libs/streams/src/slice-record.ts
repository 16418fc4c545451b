import { z } from 'zod';
import { StreamsError } from './errors.js';
import type { Topology } from './graph.js';

/** Key under which a slice's positions stand in its own changelog. */
export const POSITIONS_KEY = 'positions';

/** A slice's input positions, written in the transaction that consumed them. */
export const SlicePositions = z.object({
  /** Next offset, by topic. */
  offsets: z.record(z.string(), z.int().min(0)),
  /** Inputs and stores of the topology that wrote this. */
  shape: z.string(),
  /** Next offset of each changelog before this was written: a changelog that ends earlier was replaced. */
  changelogs: z.record(z.string(), z.int().min(0)).default({}),
  /** Dead letters without a good record since. */
  deadLettersInARow: z.int().min(0).default(0),
  /** Milliseconds since the epoch, by sub-topology. */
  streamTimes: z.record(z.string(), z.number()).default({}),
  /** When each punctuation on the wall clock is due next; milliseconds since the epoch. */
  due: z.record(z.string(), z.number()).default({}),
});
export type SlicePositions = z.infer<typeof SlicePositions>;

export const shapeOf = (topology: Topology): string =>
  `reads ${[...topology.inputs].sort().join(', ')}; keeps ${topology.stores
    .map(({ name }) => name)
    .sort()
    .join(', ')}`;

/** @throws StreamsError CHANGED_TOPOLOGY */
export function checkShape(topology: Topology, positions: SlicePositions): void {
  const shape = shapeOf(topology);
  if (positions.shape === shape) return;
  throw new StreamsError(
    'CHANGED_TOPOLOGY',
    `${topology.name} has state of another shape (${positions.shape}) than now (${shape}); ` +
      'give the changed topology a new name, or delete its internal topics to start it afresh',
  );
}
