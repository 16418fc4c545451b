import type { Logger } from '@order-flow/service-kit';
import type { Lease } from '../leases.js';
import { Alarm } from './alarm.js';
import type { RedisConnection } from './connection.js';
import { keys } from './keys.js';
import { release, renew } from './scripts/lease-scripts.js';

export interface HeldLeaseOptions {
  readonly name: string;
  /** Of this one holding; nobody else has it. */
  readonly owner: string;
  readonly token: number;
  readonly ttlMs: number;
  readonly commands: RedisConnection;
  readonly logger: Logger;
  readonly ended: () => void;
}

/**
 * A lease, renewed three times in its ttl. While Redis is away the holder keeps it, for nobody else can take it there
 * either; at the first answer it is renewed if nobody has had it since, else lost.
 */
export class HeldLease implements Lease {
  readonly #options: HeldLeaseOptions;
  readonly #alarm = new Alarm();
  readonly #lost = new AbortController();
  readonly #unwatch: () => void;
  readonly #renewing: Promise<void>;
  #over = false;

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
    this.#unwatch = options.commands.onUp(() => this.#alarm.ring());
    this.#renewing = this.#keep();
  }

  get name(): string {
    return this.#options.name;
  }

  get token(): number {
    return this.#options.token;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    const stood = !this.#over;
    if (stood) this.#end();
    // a renewal under way would take a lease that is free
    await this.#renewing;
    if (!stood) return;
    const { commands, name, owner } = this.#options;
    // while Redis is away, the lease runs out instead
    await commands.ask((client) => release.run(client, [keys.lease(name)], [owner])).catch(() => undefined);
  }

  async #keep(): Promise<void> {
    const { ttlMs, logger, name } = this.#options;
    for (;;) {
      await this.#alarm.sleep(ttlMs / 3);
      if (this.#over) return;
      try {
        if (await this.#renew()) continue;
        this.#end();
        this.#lost.abort(new Error(`the lease ${name} has another holder`));
      } catch (error) {
        logger.debug({ err: error, lease: name }, 'the lease was not renewed');
      }
    }
  }

  async #renew(): Promise<boolean> {
    const { commands, name, owner, ttlMs, token } = this.#options;
    const at = [keys.lease(name), keys.leaseToken(name)];
    return (await commands.ask((client) => renew.run(client, at, [owner, ttlMs, token]))) === 1 || this.#over;
  }

  #end(): void {
    this.#over = true;
    this.#unwatch();
    this.#alarm.ring();
    this.#options.ended();
  }
}
