import { EventEmitter } from 'node:events';
import { backoffDelay, type Logger, sleep } from '@order-flow/service-kit';
import { z } from 'zod';
import type { NewInstance, Registration, ServiceDirectory, ServiceInstance } from '../service-directory.js';
import type { RedisConnection } from './connection.js';
import { keys } from './keys.js';
import { KnownInstances } from './known-instances.js';
import { EPOCH_KEPT_TTLS, RedisRegistration } from './registration.js';
import { observe } from './scripts/directory-scripts.js';
import type { RedisTiming } from './timing.js';

const Instance = z
  .tuple([z.string(), z.string(), z.string(), z.enum(['UP', 'DRAINING']), z.coerce.number(), z.coerce.number()])
  .transform(([id, service, url, status, registeredAt, lastHeartbeatAt]): ServiceInstance => ({
    service,
    id,
    url,
    status,
    registeredAt,
    lastHeartbeatAt,
  }));
const Observed = z
  .tuple([z.string(), z.string(), z.array(Instance)])
  .transform(([since, position, instances]) => ({ since, position, instances }));

export interface RedisDirectoryOptions {
  readonly commands: RedisConnection;
  /** Of the directory alone, which waits there for changes, and closes it. */
  readonly changes: RedisConnection;
  readonly timing: RedisTiming;
  readonly logger: Logger;
}

/** The list is read whole, whenever the stream of changes tells of one, and at least with every heartbeat. */
export class RedisDirectory implements ServiceDirectory {
  readonly #options: RedisDirectoryOptions;
  readonly #known: KnownInstances;
  readonly #watchers = new EventEmitter().setMaxListeners(0);
  readonly #registrations = new Set<RedisRegistration>();
  readonly #closing = new AbortController();
  #version = 0;
  #following: Promise<void> = Promise.resolve();

  private constructor(options: RedisDirectoryOptions) {
    this.#options = options;
    this.#known = new KnownInstances(options.timing.ttl);
  }

  /** Resolves when the list is there. @throws CoordinationError */
  static async open(options: RedisDirectoryOptions): Promise<RedisDirectory> {
    const directory = new RedisDirectory(options);
    const position = await directory.#observe();
    directory.#following = directory.#follow(position);
    return directory;
  }

  async register(instance: NewInstance): Promise<Registration> {
    const { commands, timing, logger } = this.#options;
    const registration: RedisRegistration = new RedisRegistration({
      ...{ instance, commands, timing, logger },
      ended: () => {
        this.#registrations.delete(registration);
      },
    });
    this.#registrations.add(registration);
    await registration.announce();
    return {
      drain: () => registration.drain(),
      remove: async () => {
        const stood = this.#registrations.has(registration);
        await registration.remove();
        if (stood && this.#known.forget(instance.id)) this.#changed();
      },
    };
  }

  instances(service: string): readonly ServiceInstance[] {
    return this.#known.list.filter((instance) => instance.service === service && instance.status === 'UP');
  }

  all(): readonly ServiceInstance[] {
    return this.#known.list;
  }

  get version(): number {
    return this.#version;
  }

  watch(listener: () => void): () => void {
    this.#watchers.on('change', listener);
    return () => this.#watchers.off('change', listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#registrations].map((registration) => registration.remove()));
    await this.#options.changes.close();
    await this.#following;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  #changed(): void {
    this.#version++;
    this.#watchers.emit('change');
  }

  /** @returns the newest change that the list knows of */
  async #observe(): Promise<string> {
    const { commands, timing } = this.#options;
    const { ttl, hold } = timing;
    const at = [keys.expiries, keys.changes, keys.upkeep];
    const args = [ttl, hold, ttl * EPOCH_KEPT_TTLS, keys.instance('')];
    const { position, ...snapshot } = Observed.parse(await commands.ask((client) => observe.run(client, at, args)));
    if (this.#known.take(snapshot, performance.now())) this.#changed();
    return position;
  }

  /** Resolves when there is a change after the given one, or after a heartbeat without. */
  async #untilChange(position: string): Promise<void> {
    const { changes, timing } = this.#options;
    const { heartbeat, answer } = timing;
    await changes.ask(
      (client) => client.xread('COUNT', 1, 'BLOCK', heartbeat, 'STREAMS', keys.changes, position),
      heartbeat + answer,
    );
  }

  async #follow(from: string): Promise<void> {
    const { logger, timing } = this.#options;
    const { signal } = this.#closing;
    const backoff = { initial: 50, max: timing.heartbeat / 5 };
    let position: string | undefined = from;
    let failures = 0;
    while (!this.#closed) {
      try {
        if (position !== undefined) {
          await this.#untilChange(position);
          failures = 0;
        }
        position = await this.#observe();
      } catch (error) {
        logger.debug({ err: error }, 'the list of instances stays as it is');
        position = undefined;
        await sleep(backoffDelay(++failures, backoff), signal);
      }
    }
  }
}
