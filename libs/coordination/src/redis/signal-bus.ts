import { EventEmitter } from 'node:events';
import type { Logger } from '@order-flow/service-kit';
import { z } from 'zod';
import type { ChangeSignal, SignalBus } from '../signal-bus.js';
import type { RedisClient } from './client.js';
import type { RedisConnection } from './connection.js';
import { keys } from './keys.js';

/** Signals in one message. */
const BATCH = 1_000;

const whole = z.number().int().min(0);
const Message = z.array(
  z.tuple([z.string(), whole, whole]).transform(([id, version, revision]): ChangeSignal => ({ id, version, revision })),
);

const encode = (signals: readonly ChangeSignal[]): string =>
  JSON.stringify(signals.map(({ id, version, revision }) => [id, version, revision]));

/** @throws SyntaxError or ZodError */
const decode = (message: string): readonly ChangeSignal[] => Message.parse(JSON.parse(message));

export interface RedisSignalBusOptions {
  readonly commands: RedisConnection;
  /** Makes the connection on which messages come; called by the first subscription. */
  readonly connect: () => RedisConnection;
  readonly logger: Logger;
}

/** Redis' publish/subscribe. What is published while it is away is dropped: receivers look at the store now and then. */
export class RedisSignalBus implements SignalBus {
  readonly #options: RedisSignalBusOptions;
  readonly #listeners = new EventEmitter().setMaxListeners(0);
  #incoming: RedisConnection | undefined;

  constructor(options: RedisSignalBusOptions) {
    this.#options = options;
  }

  publish(model: string, signals: readonly ChangeSignal[]): void {
    const { commands, logger } = this.#options;
    for (let from = 0; from < signals.length; from += BATCH) {
      const message = encode(signals.slice(from, from + BATCH));
      commands
        .ask((client) => client.publish(keys.signals(model), message))
        .catch((error: unknown) => logger.debug({ err: error, model }, 'signals were dropped'));
    }
  }

  subscribe(model: string, listener: (signals: readonly ChangeSignal[]) => void): () => void {
    const channel = keys.signals(model);
    this.#listeners.on(channel, listener);
    this.#incoming ??= this.#listen();
    return () => this.#listeners.off(channel, listener);
  }

  async close(): Promise<void> {
    await this.#incoming?.close();
  }

  #listen(): RedisConnection {
    const incoming = this.#options.connect();
    incoming.onUp((client) => this.#receive(client));
    return incoming;
  }

  /** All models come on one connection; those that nobody here listens to are not looked at. */
  #receive(client: RedisClient): void {
    client.on('pmessage', (_pattern, channel, message) => {
      if (this.#listeners.listenerCount(channel) > 0) this.#deliver(channel, message);
    });
    client
      .psubscribe(keys.signals('*'))
      .catch((error: unknown) => this.#options.logger.debug({ err: error }, 'not subscribed'));
  }

  #deliver(channel: string, message: string): void {
    let signals: readonly ChangeSignal[];
    try {
      signals = decode(message);
    } catch {
      this.#options.logger.warn({ channel, size: message.length }, 'a message that holds no signals was dropped');
      return;
    }
    this.#listeners.emit(channel, signals);
  }
}
