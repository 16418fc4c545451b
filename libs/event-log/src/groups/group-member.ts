import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Attention } from '../attention.js';
import { type GroupName, LogError } from '../port.js';
import type { LogStorage } from '../storage/log-storage.js';
import { type Enrolment, groupSubject, heartbeat, readMembership, withdraw } from './membership.js';

/** How often members show that they live, and how long they are believed without it; milliseconds. */
export interface SessionTimes {
  readonly heartbeatInterval: number;
  readonly sessionTimeout: number;
}

export interface Tenure {
  readonly slices: readonly number[];
  /** Aborted when the slices change or the member left. */
  readonly signal: AbortSignal;
}

/** One member of a group: keeps its place by heartbeats, and notices when its slices change. */
export class GroupMember {
  readonly #storage: LogStorage;
  readonly #enrolment: Enrolment;
  readonly #attention = new Attention();
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #interval: number;
  #tenure = new AbortController();
  #since: number | undefined;
  #leaving: Promise<void> | undefined;

  constructor(storage: LogStorage, group: GroupName, sliceCount: number, times: SessionTimes) {
    this.#storage = storage;
    this.#interval = times.heartbeatInterval;
    this.#enrolment = { group, id: randomUUID(), sliceCount, sessionTimeout: times.sessionTimeout };
    this.#unwatch = storage.changes.watch([groupSubject(group)], () => this.#notice());
    // A heartbeat that the storage refuses is made up for by the next; others expire this member if none comes through.
    this.#timer = setInterval(() => void this.beat().catch(() => undefined), times.heartbeatInterval).unref();
  }

  /** Joins, or stays. @throws LogError NOT_COPARTITIONED, LOG_UNAVAILABLE */
  async beat(): Promise<void> {
    if (this.#leaving) return;
    const { group, sliceCount } = this.#enrolment;
    const presence = await this.#storage.transaction(() =>
      this.#leaving ? 'unchanged' : heartbeat(this.#storage, this.#enrolment),
    );
    if (presence === 'not-copartitioned') {
      throw new LogError('NOT_COPARTITIONED', `the group ${group} shares other than ${sliceCount} slices now`);
    }
    if (presence === 'rebalanced') this.#storage.changes.announce([groupSubject(group)]);
  }

  /** Waits until this member's slices are others than those handed out last; undefined once `signal` is aborted. */
  async nextTenure(signal: AbortSignal): Promise<Tenure | undefined> {
    while (!signal.aborted) {
      const me = this.#me();
      if (!me) await this.beat();
      else if (me.since === this.#since) await this.#attention.wait(signal);
      else {
        this.#since = me.since;
        this.#tenure.abort();
        this.#tenure = new AbortController();
        return { slices: me.slices, signal: this.#tenure.signal };
      }
    }
    return undefined;
  }

  /** Whether a heartbeat from now on still finds the member in this tenure. Tries again while the storage refuses it. */
  async confirm({ signal }: Tenure): Promise<boolean> {
    while (!signal.aborted) {
      try {
        await this.beat();
        this.#notice();
        return !signal.aborted;
      } catch {
        await delay(this.#interval, undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    clearInterval(this.#timer);
    this.#unwatch();
    this.#tenure.abort();
    this.#attention.notify();
    await this.#storage.transaction(() => withdraw(this.#storage, this.#enrolment));
    this.#storage.changes.announce([groupSubject(this.#enrolment.group)]);
  }

  #me() {
    const { group, id } = this.#enrolment;
    return readMembership(this.#storage, group).members.find((member) => member.id === id);
  }

  #notice(): void {
    const me = this.#me();
    if (this.#since === undefined || me?.since === this.#since) return;
    this.#tenure.abort();
    this.#attention.notify();
    // Taken for dead while it stood still: come back at once, with a new epoch.
    if (!me) void this.beat().catch(() => undefined);
  }
}
