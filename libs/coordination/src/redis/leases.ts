import { randomUUID } from 'node:crypto';
import { type Logger, sleep } from '@order-flow/service-kit';
import { z } from 'zod';
import type { Lease, Leases } from '../leases.js';
import type { RedisConnection } from './connection.js';
import { HeldLease } from './held-lease.js';
import { keys } from './keys.js';
import { acquire, release } from './scripts/lease-scripts.js';

const DEFAULT_TTL_MS = 10_000;
const RETRY_MS = 1_000;

const Outcome = z.coerce.number();

/** One who wants a lease, until it is had. */
interface Wish {
  readonly name: string;
  readonly owner: string;
  readonly ttlMs: number;
}

/** Leases that end by themselves unless they are renewed. */
export class RedisLeases implements Leases {
  readonly #held = new Set<HeldLease>();
  /** The newest token of each name that is known here: they grow even when Redis has lost them and its clock went back. */
  readonly #tokens = new Map<string, number>();

  constructor(
    private readonly commands: RedisConnection,
    private readonly logger: Logger,
  ) {}

  async acquire(
    name: string,
    { signal, ttlMs = DEFAULT_TTL_MS }: { readonly signal: AbortSignal; readonly ttlMs?: number },
  ): Promise<Lease> {
    const wish: Wish = { name, owner: randomUUID(), ttlMs };
    for (;;) {
      signal.throwIfAborted();
      const outcome = await this.#try(wish);
      if (outcome > 0) {
        const lease = this.#hold(wish, outcome);
        if (!signal.aborted) return lease;
        await lease.release();
      } else if (!signal.aborted) {
        const wait = Math.min(RETRY_MS, ttlMs / 5, -outcome);
        await sleep(wait * (0.5 + Math.random()), signal);
      }
      // an answer that was lost may have been a yes
      if (signal.aborted) await this.#giveBack(wish);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held].map((lease) => lease.release()));
  }

  /** The token, or after how many milliseconds (below zero) another try makes sense. */
  async #try({ name, owner, ttlMs }: Wish): Promise<number> {
    const at = [keys.lease(name), keys.leaseToken(name)];
    const args = [owner, ttlMs, this.#tokens.get(name) ?? 0];
    try {
      return Outcome.parse(await this.commands.ask((client) => acquire.run(client, at, args)));
    } catch (error) {
      this.logger.debug({ err: error, lease: name }, 'the lease was not asked for');
      return -RETRY_MS;
    }
  }

  #hold({ name, owner, ttlMs }: Wish, token: number): HeldLease {
    this.#tokens.set(name, token);
    const lease: HeldLease = new HeldLease({
      ...{ name, owner, ttlMs, token, commands: this.commands, logger: this.logger },
      ended: () => {
        this.#held.delete(lease);
      },
    });
    this.#held.add(lease);
    return lease;
  }

  async #giveBack({ name, owner }: Wish): Promise<void> {
    await this.commands.ask((client) => release.run(client, [keys.lease(name)], [owner])).catch(() => undefined);
  }
}
