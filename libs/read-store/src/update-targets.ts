import type { Document } from 'mongodb';
import { refuse, ServerErrorCode } from './server-errors.js';

const CREATES = new Set(['$set', '$inc', '$mul', '$min', '$max', '$push', '$addToSet', '$currentDate']);
const NUMERIC = new Set(['$inc', '$mul']);
const ON_ARRAYS = new Set(['$push', '$addToSet', '$pop', '$pull', '$pullAll']);

const isObject = (value: unknown): value is Document => typeof value === 'object' && value !== null;

/** An array has elements alone. */
const has = (value: Document, step: string): boolean => !Array.isArray(value) || /^\d+$/.test(step);

/** The value at a path; a step into something that has no such fields is refused if the operator would create it. */
function targetOf(document: Document, operator: string, path: string): unknown {
  const steps = path.split('.');
  let value: unknown = document;
  for (const step of steps) {
    if (value === undefined) return undefined;
    if (isObject(value) && has(value, step)) value = value[step];
    else if (CREATES.has(operator))
      refuse(ServerErrorCode.PathNotViable, `Cannot create field '${step}' of '${path}': not an object`);
    else return undefined;
  }
  return value;
}

function checkTarget(operator: string, path: string, value: unknown): void {
  if (value === undefined) return;
  if (NUMERIC.has(operator) && typeof value !== 'number')
    refuse(ServerErrorCode.TypeMismatch, `Cannot apply ${operator} to '${path}': not a number`);
  if (ON_ARRAYS.has(operator) && !Array.isArray(value))
    refuse(ServerErrorCode.BadValue, `Cannot apply ${operator} to '${path}': not an array`);
}

/**
 * Refuses what a server refuses and mingo passes over in silence: arithmetic on what is no number, array operators on
 * what is no array, fields inside a scalar.
 * @throws MongoServerError TypeMismatch, BadValue, PathNotViable
 */
export function checkTargets(document: Document, operators: Readonly<Record<string, Document>>): void {
  for (const [operator, fields] of Object.entries(operators))
    for (const path of Object.keys(fields))
      if (!path.includes('$')) checkTarget(operator, path, targetOf(document, operator, path));
}
