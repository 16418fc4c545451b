import { run } from './run.mjs';

await run('all-in-one');
