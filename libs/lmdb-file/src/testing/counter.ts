import type { SoleWriter } from '../sole-writer.js';
import type { Table } from '../write-batch.js';

export const RECORD = 'writes';
const COUNTER = 'counter';

export const countOf = (table: Table<string>): number => Number(table.getBinaryFast(COUNTER)?.toString() ?? 0);

/** Adds one to a counter; resolves to what it was before. */
export const add = (
  writer: SoleWriter<string>,
  table: Table<string>,
  show?: (before: number) => void,
): Promise<number> =>
  writer.decide(() => {
    const before = Number(writer.get(table, COUNTER)?.toString() ?? 0);
    writer.put(table, COUNTER, Buffer.from(String(before + 1)));
    return before;
  }, show);
