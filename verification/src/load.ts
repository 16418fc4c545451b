import { setTimeout as delay } from 'node:timers/promises';
import { pick } from '@order-flow/service-kit/testing';
import { Pool } from 'undici';

/** A command that was sent: what is known of its outcome. */
interface Sent {
  readonly key: string;
  readonly path: string;
  readonly body: object;
  orderId?: string;
  outcome?: 'accepted' | 'refused';
}

const CUSTOMERS = ['ada', 'bruno', 'clara', 'david', 'elif', 'sami', 'tessa'];
/** Plenty, little, and nearly none of it. */
const PRODUCTS = ['COFFEE-ESPRESSO-250G', 'FILTER-V60-100', 'MILK-OAT-6', 'COFFEE-GEISHA', 'MACHINE-LEVER'];

/** Where commands are taken, and with which token. Gateways take those about orders. */
export interface Target {
  readonly commands: readonly string[];
  readonly gateways: readonly string[];
  readonly token: string;
}

/** Connections to all instances of a target. */
class Connections {
  readonly #commands: readonly Pool[];
  readonly #all: readonly Pool[];
  readonly token: string;

  constructor(
    { commands, gateways, token }: Target,
    readonly random: () => number,
    connections: number,
  ) {
    const pool = (url: string): Pool => new Pool(url, { connections, headersTimeout: 10_000, bodyTimeout: 10_000 });
    this.#commands = commands.map(pool);
    this.#all = [...this.#commands, ...gateways.map(pool)];
    this.token = token;
  }

  /** To any instance that takes such a command. */
  to(path: string): Pool {
    return pick(this.random, path.startsWith('/api/orders') ? this.#all : this.#commands);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((pool) => pool.destroy().catch(() => undefined)));
  }
}

const PAUSE_MS = 250;
const SETTLE_WITHIN_MS = 60_000;

/**
 * Sends orders, cancellations, deposits and deliveries of stock, each with its idempotency key. What has no answer is sent
 * again, to the same or another instance, as a careful client does.
 */
export class Load {
  readonly sent: Sent[] = [];
  readonly #pending = new Set<Sent>();
  #counter = 0;

  constructor(
    readonly random: () => number,
    readonly label: string,
  ) {}

  /**
   * Runs until the signal; what has no answer then is left pending.
   * @param options.thinkMs that each worker waits between two commands, on average
   */
  async run(
    target: Target,
    signal: AbortSignal,
    options: { readonly workers: number; readonly thinkMs?: number },
  ): Promise<void> {
    const { workers, thinkMs = 0 } = options;
    const connections = new Connections(target, this.random, workers);
    const over = (): boolean => signal.aborted;
    const worker = async (): Promise<void> => {
      while (!over()) {
        const command = this.#next();
        while (!over() && !(await this.#answered(connections, command))) await delay(PAUSE_MS);
        if (thinkMs > 0) await delay(2 * thinkMs * this.random());
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
    await connections.close();
  }

  /**
   * Sends everything again that has no answer, until it has one.
   * @returns how much that was
   * @throws Error when something has none within a minute
   */
  async settle(target: Target): Promise<number> {
    const connections = new Connections(target, this.random, 16);
    const unanswered = this.#pending.size;
    const deadline = performance.now() + SETTLE_WITHIN_MS;
    while (this.#pending.size > 0) {
      await Promise.all([...this.#pending].map((command) => this.#answered(connections, command)));
      if (this.#pending.size > 0 && performance.now() > deadline)
        throw new Error(`${this.#pending.size} commands have no answer`);
      if (this.#pending.size > 0) await delay(PAUSE_MS);
    }
    await connections.close();
    return unanswered;
  }

  #answered(connections: Connections, command: Sent): Promise<boolean> {
    return this.#send(connections, command).then(
      () => true,
      () => false,
    );
  }

  get acceptedOrders(): string[] {
    return this.sent.flatMap(({ orderId, outcome }) => (orderId && outcome === 'accepted' ? [orderId] : []));
  }

  #next(): Sent {
    const key = `${this.label}:${this.#counter++}`;
    const dice = this.random();
    const command: Sent = { key, ...this.#command(dice) };
    this.sent.push(command);
    this.#pending.add(command);
    return command;
  }

  #command(dice: number): { readonly path: string; readonly body: object } {
    const { random } = this;
    const placed = this.sent.slice(-100).filter(({ path, orderId }) => path === '/api/orders' && orderId);
    if (dice < 0.05) {
      const amount = { amount: 1_000, currency: 'EUR' };
      return { path: `/api/accounts/${pick(random, CUSTOMERS)}/deposits`, body: { amount } };
    }
    if (dice < 0.08) return { path: `/api/products/${pick(random, PRODUCTS)}/stock`, body: { quantity: 5 } };
    if (dice < 0.15 && placed.length > 0)
      return { path: `/api/orders/${pick(random, placed).orderId ?? ''}/cancel`, body: { reason: 'verification' } };
    return { path: '/api/orders', body: this.#order() };
  }

  #order(): object {
    const { random } = this;
    const skus = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, PRODUCTS)));
    const items = [...skus].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) }));
    return { customerId: pick(random, CUSTOMERS), items };
  }

  async #send(connections: Connections, command: Sent): Promise<void> {
    const { token } = connections;
    const { statusCode, body } = await connections.to(command.path).request({
      path: command.path,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': command.key },
      body: JSON.stringify(command.body),
    });
    const answer = (await body.json()) as { orderId?: string };
    if (statusCode >= 500) throw new Error(`answered ${statusCode}`);
    if (command.path === '/api/orders' && answer.orderId) {
      if (command.orderId && command.orderId !== answer.orderId) throw new Error(`${command.key} made two orders`);
      command.orderId = answer.orderId;
    }
    command.outcome = statusCode < 300 ? 'accepted' : 'refused';
    this.#pending.delete(command);
  }
}
