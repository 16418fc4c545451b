import type { Position } from '../port.js';

/** A place in EventStoreDB's order of everything. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

const WIDTH = 20;
const SHAPE = /^(\d{20})-(\d{20})$/;

/** Both parts with leading zeros, so that the order of the texts is that of the places. */
export function toPosition({ commit, prepare }: LogPosition): Position {
  return `${padded(commit)}-${padded(prepare)}` as Position;
}

/** @throws RangeError when the text is not a position of this store's making */
export function fromPosition(position: Position): LogPosition {
  const [, commit, prepare] = SHAPE.exec(position) ?? [];
  if (commit === undefined || prepare === undefined)
    throw new RangeError(`not a position: ${JSON.stringify(position)}`);
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
}

function padded(part: bigint): string {
  return String(part).padStart(WIDTH, '0');
}
