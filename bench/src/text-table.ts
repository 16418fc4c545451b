export type Row = readonly string[];

const widths = (rows: readonly Row[]): number[] =>
  (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));

/** Columns under a header, for people at a terminal. Columns but the first stand to the right. */
export function textTable(header: Row, rows: readonly Row[]): string {
  const width = widths([header, ...rows]);
  const line = (row: Row): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(width[0] ?? 0) : cell.padStart(width[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(header), width.map((length) => '─'.repeat(length)).join('  '), ...rows.map(line)].join('\n');
}

/** The same in Markdown. */
export function markdownTable(header: Row, rows: readonly Row[]): string {
  const width = widths([header, ...rows]).map((length) => Math.max(length, 3));
  const line = (row: Row): string => `| ${row.map((cell, column) => cell.padEnd(width[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(width.map((length) => '-'.repeat(length))), ...rows.map(line)].join('\n');
}
