import { Job } from './job.js';
import { runLoop } from './loop.js';
import { runMember } from './member.js';
import { restoreRuntime, runRuntime } from './runtime.js';

/** The process that a runner has for itself: `worker.js RUNNER JOB`, the outcome as a line of JSON. */
const runners = { runtime: runRuntime, restore: restoreRuntime, loop: runLoop, member: runMember } as const;

const [runner = '', job = ''] = process.argv.slice(2);
const run = runners[runner as keyof typeof runners] as ((job: Job) => Promise<object>) | undefined;
if (!run) throw new Error(`there is no runner "${runner}"; there are ${Object.keys(runners).join(', ')}`);
console.log(JSON.stringify(await run(Job.parse(JSON.parse(job)))));
