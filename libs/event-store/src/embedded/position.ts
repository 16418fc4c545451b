import type { Position } from '../port.js';

const WIDTH = 20;
const SHAPE = /^\d{20}$/;

/** Positions count from 1; this one is before them all. */
export const BEFORE_ALL = 0;

/** The text of the n-th event's position: 20 decimal digits, so that the order of the texts is the order of recording. */
export function toPosition(sequence: number): Position {
  return String(sequence).padStart(WIDTH, '0') as Position;
}

/** @throws RangeError when the text is not a position of this store's making. */
export function fromPosition(position: Position): number {
  const sequence = SHAPE.test(position) ? Number(position) : Number.NaN;
  if (!Number.isSafeInteger(sequence)) throw new RangeError(`not a position: ${JSON.stringify(position)}`);
  return sequence;
}
