import type { Document } from 'mongodb';
import { Query } from 'mingo/query';
import { mingoOptions } from './filter.js';
import { ServerErrorCode, refuse } from './server-errors.js';

const isOn = (value: unknown): boolean => value === 1 || value === true;
const isOff = (value: unknown): boolean => value === 0 || value === false;

const isTopLevel = ([path, value]: [string, unknown]): boolean => !path.includes('.') && (isOn(value) || isOff(value));

function include(document: Document, paths: ReadonlySet<string>): Document {
  return Object.fromEntries(Object.entries(document).filter(([name]) => paths.has(name)));
}

function topLevel(fields: readonly [string, unknown][]): (document: Document) => Document {
  const others = fields.filter(([path]) => path !== '_id');
  const on = others.filter(([, value]) => isOn(value)).map(([path]) => path);
  const offId = fields.some(([path, value]) => path === '_id' && isOff(value));
  if (on.length > 0 && on.length < others.length)
    refuse(ServerErrorCode.BadValue, 'a projection cannot both include and exclude fields');
  const onlyId = others.length === 0 && !offId;
  if (on.length > 0 || onlyId) {
    const paths = new Set(offId ? on : ['_id', ...on]);
    return (document) => include(document, paths);
  }
  const off = new Set(fields.map(([path]) => path));
  return (document) => Object.fromEntries(Object.entries(document).filter(([name]) => !off.has(name)));
}

/** Applies a MongoDB projection. @throws MongoServerError BadValue for one that cannot be understood */
export function project(documents: Document[], projection: Document): Document[] {
  const fields = Object.entries(projection);
  if (fields.length === 0) return documents;
  if (fields.every(isTopLevel)) return documents.map(topLevel(fields));
  try {
    return new Query<Document>({}, mingoOptions).find<Document>(documents, projection).all();
  } catch (error) {
    return refuse(ServerErrorCode.BadValue, error instanceof Error ? error.message : String(error));
  }
}
