import type { ServiceDirectory } from '@order-flow/coordination';
import type { Logger, Metrics, Running } from '@order-flow/service-kit';
import {
  bulkhead,
  BulkheadRejectedError,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  retry,
} from 'cockatiel';
import { type Command, type CommandAnswer, CommandServiceError, InstanceFailure } from './command.js';
import { DeadlineExceeded, withDeadline } from './deadline.js';
import { InstanceChannel } from './instance-channel.js';
import { chooseInstance } from './instance-choice.js';

const SERVICE = 'command-service';

export interface CommandClientOptions {
  readonly directory: ServiceDirectory;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds for a command with all its attempts; default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds until an open circuit lets one request try; default 5,000. */
  readonly halfOpenAfterMs?: number | undefined;
}

/**
 * Sends commands to whatever instances of the command service the registry names. A command is tried up to three times,
 * on another instance if there is one: harmless, because each carries an idempotency key.
 */
export class CommandClient implements Running {
  readonly #channels = new Map<string, InstanceChannel>();
  readonly #bulkhead = bulkhead(512, 2_048);
  readonly #retry = retry(
    handleWhen((error) => error instanceof InstanceFailure),
    { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 500 }) },
  );
  readonly #duration;
  readonly #timeoutMs: number;
  readonly #halfOpenAfterMs: number;
  readonly #unwatch: () => void;
  #available: readonly InstanceChannel[] = [];

  constructor(private readonly options: CommandClientOptions) {
    const { directory, metrics } = options;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#halfOpenAfterMs = options.halfOpenAfterMs ?? 5_000;
    this.#duration = metrics.histogram(
      'gateway_command_duration_seconds',
      'Time until the command service answered, with retries',
      ['outcome'],
    );
    metrics.observed(
      'gateway_command_circuit_open',
      '1 while the circuit of an instance is open',
      ['instance'],
      (gauge) => {
        for (const { instance, circuit } of this.#channels.values())
          gauge.set({ instance: instance.id }, circuit === 'open' ? 1 : 0);
      },
    );
    this.#unwatch = directory.watch(() => this.#refresh());
    this.#refresh();
  }

  /** An answer with a status of 500 or more comes back only after all attempts. @throws CommandServiceError */
  async send(command: Command): Promise<CommandAnswer> {
    const startedAt = performance.now();
    let outcome = 'failed';
    try {
      const answer = await this.#attempts(command);
      outcome = `${Math.floor(answer.status / 100)}xx`;
      return answer;
    } catch (error) {
      throw this.#translate(error);
    } finally {
      this.#duration.observe({ outcome }, (performance.now() - startedAt) / 1_000);
    }
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  async #attempts(command: Command): Promise<CommandAnswer> {
    try {
      return await this.#bulkhead.execute(() =>
        withDeadline(this.#timeoutMs, (signal) => this.#tryInstances(command, signal)),
      );
    } catch (error) {
      if (error instanceof InstanceFailure && error.answer) return error.answer;
      throw error;
    }
  }

  #tryInstances(command: Command, signal: AbortSignal): Promise<CommandAnswer> {
    let failed: InstanceChannel | undefined;
    return this.#retry.execute(() => {
      const channel = chooseInstance(this.#available, failed, Math.random);
      if (!channel) throw new CommandServiceError('SERVICE_UNAVAILABLE', 'no instance of the command service is known');
      failed = channel;
      return channel.send(command, signal);
    }, signal);
  }

  #translate(error: unknown): unknown {
    if (error instanceof DeadlineExceeded)
      return new CommandServiceError(
        'COMMAND_TIMED_OUT',
        `no answer within ${error.milliseconds} ms; send it again with the same idempotency key`,
      );
    if (error instanceof BulkheadRejectedError || isBrokenCircuitError(error))
      return new CommandServiceError(
        'SERVICE_UNAVAILABLE',
        'the command service cannot take this now; try again later',
      );
    if (!(error instanceof InstanceFailure)) return error;
    this.options.logger.warn({ err: error }, 'a command got no answer');
    return new CommandServiceError(
      'SERVICE_UNAVAILABLE',
      'the command service does not answer; send it again with the same idempotency key',
      { cause: error },
    );
  }

  #refresh(): void {
    const instances = this.options.directory.instances(SERVICE);
    const settings = { timeoutMs: this.#timeoutMs, halfOpenAfterMs: this.#halfOpenAfterMs };
    const current = instances.map((instance) => {
      const known = this.#channels.get(instance.id);
      return known?.instance.url === instance.url ? known : new InstanceChannel(instance, settings);
    });
    for (const channel of this.#channels.values()) if (!current.includes(channel)) this.#retire(channel);
    this.#channels.clear();
    for (const channel of current) this.#channels.set(channel.instance.id, channel);
    this.#available = current;
  }

  #retire(channel: InstanceChannel): void {
    channel.close().catch((error: unknown) => this.options.logger.warn({ err: error }, 'connections did not close'));
  }
}
