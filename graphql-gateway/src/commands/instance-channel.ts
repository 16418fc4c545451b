import type { ServiceInstance } from '@order-flow/coordination';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { Pool } from 'undici';
import { type Command, type CommandAnswer, InstanceFailure } from './command.js';

const CONNECTIONS = 32;

/** The connections to one instance of the command service, with its circuit breaker. */
export class InstanceChannel {
  readonly #pool: Pool;
  readonly #breaker;
  #underWay = 0;

  constructor(
    readonly instance: ServiceInstance,
    options: { readonly timeoutMs: number; readonly halfOpenAfterMs: number },
  ) {
    this.#pool = new Pool(instance.url, {
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      connect: { timeout: Math.min(options.timeoutMs, 2_000) },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    });
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof InstanceFailure && error.isOfInstance),
      { halfOpenAfter: options.halfOpenAfterMs, breaker: new ConsecutiveBreaker(5) },
    );
  }

  /** Requests under way: what the choice between two instances compares. */
  get load(): number {
    return this.#underWay;
  }

  get circuit(): 'closed' | 'open' | 'half-open' {
    if (this.#breaker.state === CircuitState.Closed) return 'closed';
    return this.#breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** @throws InstanceFailure, or BrokenCircuitError without having sent anything */
  async send(command: Command, signal: AbortSignal): Promise<CommandAnswer> {
    this.#underWay += 1;
    try {
      return await this.#breaker.execute(() => this.#request(command, signal));
    } finally {
      this.#underWay -= 1;
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #request(command: Command, signal: AbortSignal): Promise<CommandAnswer> {
    const answer = await this.#exchange(command, signal);
    if (answer.status >= 500) throw new InstanceFailure(`${this.instance.id} answered ${answer.status}`, answer);
    return answer;
  }

  async #exchange(command: Command, signal: AbortSignal): Promise<CommandAnswer> {
    const { method, path, body } = command;
    try {
      const response = await this.#pool.request({
        method,
        path,
        body: body ?? null,
        headers: headersOf(command),
        signal,
      });
      const { 'content-type': contentType, location } = response.headers;
      return {
        status: response.statusCode,
        text: await response.body.text(),
        contentType: typeof contentType === 'string' ? contentType : 'application/json',
        location: typeof location === 'string' ? location : undefined,
      };
    } catch (cause) {
      throw new InstanceFailure(`${this.instance.id} gave no answer`, undefined, { cause });
    }
  }
}

const headersOf = ({ authorization, idempotencyKey, traceparent, body }: Command): Record<string, string> => ({
  authorization,
  'idempotency-key': idempotencyKey,
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...(traceparent ? { traceparent } : {}),
});
