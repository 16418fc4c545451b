import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Latencies } from '../orders/latencies.js';
import type { Job, Outcome } from './job.js';
import { FromMember, type MemberReport, type ToMember } from './membership.js';
import { workerProgram } from './processes.js';

interface Member {
  readonly process: ChildProcess;
  ready: boolean;
  report: MemberReport | undefined;
}

const tell = (members: readonly Member[], message: ToMember): void => {
  for (const { process } of members) if (process.connected) process.send(message);
};

/** What the members measured, as one. */
function together(reports: readonly MemberReport[], records: number): Outcome {
  const began = reports.flatMap(({ beganAt }) => (beganAt === null ? [] : [beganAt]));
  const ended = reports.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt]));
  const seconds = (Math.max(...ended) - Math.min(...began)) / 1_000;
  const commits = new Latencies();
  for (const { commits: each } of reports) for (const milliseconds of each) commits.add(milliseconds);
  const [commitP50Ms, commitP95Ms] = commits.percentiles(0.5, 0.95);
  const sum = (value: (report: MemberReport) => number): number =>
    reports.reduce((total, report) => total + value(report), 0);
  return {
    records,
    seconds,
    recordsPerSecond: records / seconds,
    cpuMicrosPerRecord: sum(({ cpuMicros }) => cpuMicros) / records,
    maxRssMb: sum(({ maxRssMb }) => maxRssMb),
    commitP50Ms,
    commitP95Ms,
  };
}

/**
 * Decides all records with the project's runtime in several processes that share the slices as one group. They begin once all
 * of them have their equal shares; the time runs from the first record of any to the last commit of any.
 * @param count divides the number of partitions
 * @throws Error when a process ends early
 */
export async function runMembers(job: Job, count: number): Promise<Outcome> {
  const members = Array.from({ length: count }, (_, index): Member => {
    const own: Job = { ...job, members: count, stateDirectory: join(job.stateDirectory, String(index)) };
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
    return {
      process: fork(workerProgram(), ['member', JSON.stringify(own)], { stdio: [...stdio] }),
      ready: false,
      report: undefined,
    };
  });
  let committed = 0;
  let begun = false;
  const hear = (member: Member, message: FromMember): void => {
    if (message.kind === 'ready') member.ready = message.ready;
    else if (message.kind === 'report') member.report = message;
    else if ((committed += message.records) >= job.records) tell(members, 'end');
    if (begun || !members.every(({ ready }) => ready)) return;
    begun = true;
    tell(members, 'begin');
  };
  const ends = members.map(async (member) => {
    member.process.on('message', (message) => hear(member, FromMember.parse(message)));
    const [code] = (await once(member.process, 'exit')) as [number | null];
    if (code === 0 && member.report) return member.report;
    throw new Error(`a process that shares the work ended with ${code ?? 'a signal'} after ${committed} records`);
  });
  try {
    return together(await Promise.all(ends), committed);
  } finally {
    for (const { process } of members) process.kill('SIGKILL');
    await Promise.allSettled(ends);
  }
}
