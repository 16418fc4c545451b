import { InvalidArgumentError } from 'commander';

/** Parses a flag's value as a whole number between bounds. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most} is needed.`);
  };

/** Takes a flag's value that is a length of time, such as `12h`. */
export function timeSpan(text: string): string {
  if (/^[1-9]\d{0,5}[smhdwy]$/.test(text)) return text;
  throw new InvalidArgumentError('a whole number with s, m, h, d, w or y is needed, such as 12h or 30d.');
}

/** Takes a flag's value that is the address of a service, without a slash at its end. */
export function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.search && !url.hash) return url.href.replace(/\/+$/, '');
  throw new InvalidArgumentError('an address is needed, such as http://127.0.0.1:8081.');
}
