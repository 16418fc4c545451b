/** Partition → the offset below which older messages begin. */
export type Positions = ReadonlyMap<number, number>;

/** `<partition>:<offset>` joined by dots, such as `0:12.1:7`: readable, and safe in an address. */
export const CURSOR_PATTERN = /^\d{1,5}:\d{1,16}(\.\d{1,5}:\d{1,16})*$/;

export const encodeCursor = (positions: Positions): string =>
  [...positions].map(([partition, offset]) => `${partition}:${offset}`).join('.');

/** @param cursor what `CURSOR_PATTERN` matches */
export const decodeCursor = (cursor: string): Positions =>
  new Map(
    cursor.split('.').map((part) => {
      const [partition, offset] = part.split(':');
      return [Number(partition), Number(offset)];
    }),
  );
