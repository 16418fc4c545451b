import { Attention } from '../../attention.js';
import { type GroupName, LogError, type TopicName } from '../../port.js';
import { KafkaConnection } from '../connection.js';
import { answerOf, isPassing, logErrorOf } from '../protocol/failures.js';
import { assignedId, joinGroupRequest } from '../protocol/join-group-request.js';
import type { Broker, JoinedGroup } from '../protocol/kafkajs-internals.js';
import { pause, waitBefore } from '../protocol/persistence.js';
import type { ResolvedKafkaSettings } from '../settings.js';
import { encodeSubscription, protocolName, shareOut, slicesOf } from './group-protocol.js';
import { Tenures } from './tenures.js';

/** Milliseconds that leaving a group may take before it is left to the session's time-out. */
const LEAVING = 3_000;
/** Milliseconds beyond the time that a coordinator may hold the answer to a member that joins. */
const HOLDING_GRACE = 2_000;

export interface Membership {
  readonly group: GroupName;
  readonly topics: readonly TopicName[];
  readonly sliceCount: number;
}

/** Answers after which the coordinator no longer counts what this member had as its own. */
const EXPELLED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);

/**
 * One member of a Kafka group: joins, keeps its place by heartbeats of its own, whatever its owner does, and joins again when
 * the group changes. What it owns goes on until another assignment is known, or until the group may have given it away.
 */
export class KafkaMember {
  readonly tenures = new Tenures();
  readonly #connection: KafkaConnection;
  readonly #nudge = new Attention();
  readonly #stop = new AbortController();
  #memberId = '';
  #generation = -1;
  /** Begin of the request under way. */
  #begun = 0;
  /** Until when the group surely counts on this member, unless the coordinator answers again; milliseconds. */
  #deadline = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #attempts = 1;
  #running: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;

  constructor(
    private readonly settings: ResolvedKafkaSettings,
    private readonly membership: Membership,
  ) {
    this.#connection = new KafkaConnection(settings);
  }

  /** What an offset commit must name to come from this member; undefined while it has no generation. */
  get identity(): { readonly memberId: string; readonly generation: number } | undefined {
    return this.#generation < 0 ? undefined : { memberId: this.#memberId, generation: this.#generation };
  }

  start(): void {
    this.#running = this.#run();
    const period = Math.min(500, this.settings.sessionTimeout / 10);
    this.#watchdog = setInterval(() => this.#watch(), period).unref();
  }

  /** Whether a heartbeat, begun from now on, finds the tenure going on. */
  async confirm(signal: AbortSignal): Promise<boolean> {
    const proof = this.tenures.proofAfter(performance.now(), signal);
    this.#nudge.notify();
    return proof;
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    const member = this.#memberId;
    this.#stop.abort();
    clearInterval(this.#watchdog);
    this.tenures.end();
    // A request to join may wait for long at the coordinator, and others of the connection behind it.
    this.#connection.drop();
    await this.#running;
    const memberId = this.#memberId || member;
    if (memberId !== '') await this.#takeOut(memberId).catch(() => undefined);
    await this.#connection.close();
  }

  async #takeOut(memberId: string): Promise<void> {
    const settings = { ...this.settings, requestTimeout: LEAVING, connectionTimeout: LEAVING / 2 };
    const connection = new KafkaConnection(settings);
    try {
      await connection.refresh();
      const broker = await connection.coordinator('group', this.membership.group);
      await connection.ask(broker, broker.leaveGroup({ groupId: this.membership.group, memberId }), 'LeaveGroup');
    } finally {
      await connection.close();
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const broker = await this.#connection.coordinator('group', this.membership.group);
        if (this.#generation < 0) await this.#join(broker);
        else await this.#beat(broker);
        this.#attempts = 1;
      } catch (error) {
        if (!this.#canGoOn(error)) return;
        await this.#pauseAfter(error);
      }
    }
  }

  async #join(broker: Broker): Promise<void> {
    const { group: groupId, topics, sliceCount } = this.membership;
    const { sessionTimeout } = this.settings;
    const begun = performance.now();
    this.#begun = begun;
    // The coordinator holds the answer until all members came or their time is over.
    this.#deadline = begun + sessionTimeout + HOLDING_GRACE;
    const metadata = encodeSubscription(topics, this.tenures.holding);
    const request = joinGroupRequest(broker, {
      groupId,
      memberId: this.#memberId,
      sessionTimeout,
      rebalanceTimeout: sessionTimeout,
      protocol: { name: protocolName(sliceCount), metadata },
    });
    const joined = await this.#connection.send(broker, request);
    this.#memberId = joined.memberId;
    this.#begun = performance.now();
    this.#contact(this.#begun);
    const slices = await this.#synchronise(broker, joined);
    this.#generation = joined.generationId;
    this.#contact(this.#begun);
    if (!this.#stop.signal.aborted) this.tenures.assign({ slices, generation: joined.generationId }, begun);
  }

  async #synchronise(broker: Broker, { generationId, memberId, leaderId, members }: JoinedGroup) {
    const { group: groupId, topics, sliceCount } = this.membership;
    const groupAssignment = leaderId === memberId ? shareOut(members, topics, sliceCount) : [];
    const asked = broker.syncGroup({ groupId, generationId, memberId, groupAssignment });
    const { memberAssignment } = await this.#connection.ask(broker, asked, 'SyncGroup', this.settings.sessionTimeout);
    return slicesOf(memberAssignment);
  }

  async #beat(broker: Broker): Promise<void> {
    const { group: groupId } = this.membership;
    const begun = performance.now();
    this.#begun = begun;
    const asked = broker.heartbeat({ groupId, memberId: this.#memberId, groupGenerationId: this.#generation });
    await this.#connection.ask(broker, asked, 'Heartbeat');
    this.#contact(begun);
    this.tenures.prove(begun);
    if (this.tenures.isAsked(begun)) return;
    const rest = this.settings.heartbeatInterval - (performance.now() - begun);
    const timer = setTimeout(this.#nudge.notify, Math.max(1, rest));
    await this.#nudge.wait(this.#stop.signal);
    clearTimeout(timer);
  }

  /** The coordinator answered as to a member. @param begun when the request was sent: the session is counted from there */
  #contact(begun: number): void {
    this.#deadline = begun + this.settings.sessionTimeout;
  }

  /** Silence for longer than the session: what is owned may be another's, and the connection is not worth waiting for. */
  #watch(): void {
    if (!this.tenures.isHeld || performance.now() < this.#deadline) return;
    this.#lose(false);
    this.#connection.drop();
  }

  /** Takes the failure's consequences; false when it is of the kind that lasts. */
  #canGoOn(error: unknown): boolean {
    const answer = answerOf(error) ?? '';
    const id = assignedId(error);
    if (this.#stop.signal.aborted) return false;
    if (id !== undefined) this.#memberId = id;
    else if (answer === 'REBALANCE_IN_PROGRESS') {
      this.#contact(this.#begun);
      this.#generation = -1;
    } else if (EXPELLED.has(answer)) this.#lose(answer !== 'ILLEGAL_GENERATION');
    else if (!isPassing(error)) {
      this.tenures.fail(this.#lasting(error));
      return false;
    } else this.#connection.forgetCoordinators();
    return true;
  }

  /** The group may have given this member's slices to others. */
  #lose(forgotten: boolean): void {
    if (forgotten) this.#memberId = '';
    this.#generation = -1;
    this.tenures.lose();
  }

  #lasting(error: unknown): LogError {
    const { group, sliceCount } = this.membership;
    if (answerOf(error) === 'INCONSISTENT_GROUP_PROTOCOL') {
      return new LogError('NOT_COPARTITIONED', `the group ${group} shares other than ${sliceCount} slices now`);
    }
    return logErrorOf(error, `the group ${group}`);
  }

  async #pauseAfter(error: unknown): Promise<void> {
    const answer = answerOf(error);
    if (answer !== undefined && !isPassing(error)) return;
    await pause(waitBefore(++this.#attempts, 20, 500), this.#stop.signal);
    await this.#connection.refresh().catch(() => undefined);
  }
}
