import { open } from 'lmdb';
import { SHARED_ENVIRONMENT, SoleWriter } from '../sole-writer.js';
import { add, RECORD } from './counter.js';

/* Adds ones to a counter, several at a time, and tells how often another process was noticed. Arguments: path, times. */
const WORKERS = 4;

const [path = '', times = '0'] = process.argv.slice(2);
const database = open<Buffer, string>({ path, encoding: 'binary', ...SHARED_ENVIRONMENT });
const writer = new SoleWriter<string>(database, RECORD, String);
process.stdout.write('open\n');
await Promise.all(
  Array.from({ length: WORKERS }, async () => {
    for (let time = 0; time < Number(times) / WORKERS; time++) await add(writer, database);
  }),
);
process.stdout.write(`foreign ${writer.foreignWrites()}\n`);
await database.close();
