import type { Endpoint, Part, Status, Value, Variables } from '../server.js';

/** How the outcome of `up` is written to standard output. Progress goes to standard error. */
export type Format = 'lines' | 'env' | 'json';

const quoted = (text: string): string => (/^[\w.,:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

const shellValue = (value: Value): string =>
  typeof value === 'string' ? quoted(value) : `"$(cat ${quoted(value.file)})"`;

const shellLines = (variables: Variables, prefix: string): readonly string[] =>
  Object.entries(variables).map(([name, value]) => `${prefix}${name}=${shellValue(value)}`);

/** Of several ways in, the last is the one that was asked for. */
export const wayAskedFor = (endpoints: readonly Endpoint[]): Variables => endpoints.at(-1)?.variables ?? {};

/** The ways into servers, by server. Secrets are named by their files, never shown. */
export function describeEndpoints(servers: ReadonlyMap<string, readonly Endpoint[]>, format: Format): string {
  if (format === 'json') {
    const ways = [...servers].map(([server, endpoints]) => [
      server,
      Object.fromEntries(endpoints.map(({ name, variables }) => [name, variables])),
    ]);
    return JSON.stringify(Object.fromEntries(ways));
  }
  const prefix = format === 'env' ? 'export ' : '';
  return [...servers.values()].flatMap((endpoints) => shellLines(wayAskedFor(endpoints), prefix)).join('\n');
}

const COLUMNS = ['server', 'part', 'pid', 'port', 'state', 'version', 'directory'] as const;

const row = (server: string, { name, pid, port, state, version, directory }: Part): readonly string[] => [
  server,
  name,
  pid === undefined ? '-' : String(pid),
  String(port),
  state,
  version,
  directory,
];

/** A table of all parts, or a line when there are none. */
export function describeStatus(servers: ReadonlyMap<string, Status>): string {
  const rows = [...servers].flatMap(([server, { parts }]) => parts.map((part) => row(server, part)));
  if (rows.length === 0) return 'Nothing was ever brought up here.';
  const table = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return table.map(line).join('\n');
}

/** Whether everything that was brought up, and not down since, serves. */
export const isSound = ({ parts, wanted }: Status): boolean => !wanted || parts.every(({ state }) => state === 'ready');
