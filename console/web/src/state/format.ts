const count = new Intl.NumberFormat('en');
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export const formatCount = (value: number): string => count.format(value);

/** `0 B`, `812 B`, `4.2 KB`, `37 MB`; steps of 1,024. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** step;
  return `${step > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[step] ?? ''}`;
}

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Minor units as people read them. */
export function formatMoney({ amount, currency }: Money): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time of day with milliseconds; with the date when it is not today. */
export function formatTime(timestamp: number): string {
  const time = new Date(timestamp);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const full = `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  return time.toDateString() === new Date().toDateString() ? full : `${day} ${full}`;
}

/** `0 ms`, `42 ms`, `1.25 s`, `3 min 20 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return seconds < 3_600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${formatCount(Math.floor(seconds / 3_600))} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

export const formatRetention = (milliseconds: number): string =>
  milliseconds < 0 ? 'no age limit' : `kept for ${formatDuration(milliseconds)}`;

/** `OUT_OF_STOCK` → `Out of stock` */
export const formatCode = (code: string): string => code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' ');
