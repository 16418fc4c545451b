import type { RunningTopology } from '@order-flow/streams';
import type { Job } from './job.js';
import { type FromMember, type MemberReport, ToMember } from './membership.js';
import { runUntil } from './runtime.js';
import { PARTITIONS } from './workload.js';

const say = (message: FromMember): void => void process.send?.(message);
const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const now = (): number => performance.timeOrigin + performance.now();

/** One member's part of the work, timed. */
class Part {
  readonly #commits: number[] = [];
  #beganAt: number | null = null;
  #endedAt: number | null = null;
  #cpuAtBegin = 0;
  #cpuAtEnd = 0;

  /** The first call counts. */
  readonly begin = (): void => {
    if (this.#beganAt !== null) return;
    this.#beganAt = now();
    this.#cpuAtBegin = cpuMicros();
  };

  committed(milliseconds: number): void {
    this.#commits.push(milliseconds);
    this.#endedAt = now();
    this.#cpuAtEnd = cpuMicros();
  }

  report(): MemberReport {
    return {
      kind: 'report',
      beganAt: this.#beganAt,
      endedAt: this.#endedAt,
      cpuMicros: this.#cpuAtEnd - this.#cpuAtBegin,
      maxRssMb: (process.resourceUsage().maxRSS * 1_024) / 1e6,
      commits: this.#commits,
    };
  }
}

/**
 * One of several members of the topology's group: waits, restored, until it has its equal share and is told to begin, and
 * works until it is told to end.
 */
export async function runMember(job: Job): Promise<{ readonly ended: true }> {
  const { members = 1 } = job;
  const part = new Part();
  let running: RunningTopology | undefined;
  const isReady = (): boolean => {
    const slices = running?.status().slices ?? [];
    return slices.length === PARTITIONS / members && slices.every(({ state }) => state === 'running');
  };
  const tellReady = (): void => say({ kind: 'ready', ready: isReady() });
  await runUntil(
    job,
    part.begin,
    (end) => {
      process.on('message', (message) => {
        if (ToMember.parse(message) === 'begin') running?.resume();
        else end();
      });
      return {
        running: tellReady,
        stopped: tellReady,
        committed: ({ consumed, milliseconds }) => {
          if (consumed === 0) return;
          part.committed(milliseconds);
          say({ kind: 'committed', records: consumed });
        },
      };
    },
    (topology) => {
      running = topology;
      topology.pause();
    },
  );
  say(part.report());
  process.disconnect();
  return { ended: true };
}
