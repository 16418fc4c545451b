import type { Logger } from '@order-flow/service-kit';
import { z } from 'zod';
import type { NewInstance, Registration } from '../service-directory.js';
import { Alarm } from './alarm.js';
import type { RedisConnection } from './connection.js';
import { keys } from './keys.js';
import { announce, withdraw } from './scripts/directory-scripts.js';
import type { RedisTiming } from './timing.js';

/** How long an epoch outlives its instance, in leases. */
export const EPOCH_KEPT_TTLS = 30;

const Standing = z.tuple([z.string(), z.string()]).nullable();

export interface RegistrationOptions {
  readonly instance: NewInstance;
  readonly commands: RedisConnection;
  readonly timing: RedisTiming;
  readonly logger: Logger;
  /** Told when it is over, by a removal or because a newer one stands. */
  readonly ended: () => void;
}

/**
 * An instance's registration, from the first heartbeat to the last. Each heartbeat says everything, with the epoch that
 * the first one was given; whoever registers later under the same id has a higher one.
 */
export class RedisRegistration implements Registration {
  readonly #options: RegistrationOptions;
  readonly #alarm = new Alarm();
  readonly #unwatch: () => void;
  readonly #beating: Promise<void>;
  #status: 'UP' | 'DRAINING' = 'UP';
  #over = false;
  #epoch = '0';
  #registeredAt = '0';
  /** Words with Redis come one after the other: a heartbeat that is under way must not undo a removal. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RegistrationOptions) {
    this.#options = options;
    // after an absence it may have lost all: it is told at once
    this.#unwatch = options.commands.onUp(() => this.#alarm.ring());
    this.#beating = this.#beat();
  }

  /** Says everything once. While Redis is away nothing happens, and the next heartbeat says it. */
  announce(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#over) return;
      const { instance, commands, timing } = this.#options;
      const { id, service, url } = instance;
      const args = [id, service, url, this.#status, this.#epoch, this.#registeredAt, timing.ttl];
      const at = [keys.instance(id), keys.expiries, keys.changes];
      const standing = Standing.parse(await commands.ask((client) => announce.run(client, at, args)));
      if (standing) [this.#epoch, this.#registeredAt] = standing;
      else this.#isFenced();
    });
  }

  async drain(): Promise<void> {
    this.#status = 'DRAINING';
    await this.announce();
  }

  /** While Redis is away, the lease runs out instead. */
  async remove(): Promise<void> {
    if (!this.#over) {
      this.#end();
      await this.#inTurn(() => this.#withdraw());
    }
    await this.#beating;
  }

  async #withdraw(): Promise<void> {
    const { instance, commands, timing } = this.#options;
    const { id } = instance;
    const at = [keys.instance(id), keys.expiries, keys.changes];
    if (this.#epoch === '0') return;
    await commands.ask((client) => withdraw.run(client, at, [id, this.#epoch, timing.ttl * EPOCH_KEPT_TTLS]));
  }

  async #beat(): Promise<void> {
    const { heartbeat } = this.#options.timing;
    while (!this.#over) {
      await this.#alarm.sleep(heartbeat * (0.9 + Math.random() * 0.2));
      await this.announce();
    }
  }

  #isFenced(): void {
    this.#options.logger.warn(
      { instance: this.#options.instance.id },
      'another instance has registered under this id; this one is no longer listed',
    );
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#unwatch();
    this.#alarm.ring();
    this.#options.ended();
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const { logger, instance } = this.#options;
    const turn = this.#turn.then(work).catch((error: unknown) => {
      logger.debug({ err: error, instance: instance.id }, 'the registry was not told');
    });
    this.#turn = turn;
    await turn;
  }
}
