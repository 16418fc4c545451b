import type { Writable } from 'node:stream';
import { type Instance, serviceNames } from './plan.js';

const COLOURS = [36, 32, 33, 35, 34, 31];
const WIDTH = Math.max(...serviceNames.map((name) => name.length)) + 2;

/** Writes lines with the name of the instance before each, in its service's colour on a terminal. */
export function linePrinter(out: Writable, colour: boolean): (instance: Instance, text: string) => void {
  return ({ service, name }, text) => {
    const label = name.padEnd(WIDTH);
    const shown = colour ? `\u001b[${COLOURS[serviceNames.indexOf(service)] ?? 0}m${label}\u001b[0m` : label;
    out.write(`${shown} | ${text}\n`);
  };
}
