import { MongoInvalidArgumentError } from 'mongodb';

/**
 * @throws MongoInvalidArgumentError for a name that MongoDB reserves or refuses
 */
export function checkCollectionName(name: string): void {
  const problem = problemOf(name);
  if (problem) throw new MongoInvalidArgumentError(`Collection name ${JSON.stringify(name)} ${problem}`);
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (name.includes('$') || name.includes('\0')) return "must not contain '$' or a null character";
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..'))
    return "must not start or end with '.', or contain '..'";
  if (name.startsWith('system.')) return "must not start with 'system.'";
  if (Buffer.byteLength(name) > 200) return 'must not be longer than 200 bytes';
  return undefined;
}
