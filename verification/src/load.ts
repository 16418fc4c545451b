import { Pool } from 'undici';
import type { Ready } from '@order-flow/all-in-one';
import { pick } from './random.js';

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

/**
 * Sends orders, cancellations and deposits, each with its idempotency key. What has no answer when the platform dies is
 * sent again to its successor, as a careful client does.
 */
export class Load {
  readonly sent: Sent[] = [];
  readonly #pending = new Set<Sent>();
  #counter = 0;

  constructor(
    readonly random: () => number,
    readonly label: string,
  ) {}

  /** Runs until the signal; failed connections are left pending. */
  async run({ urls, tokens }: Ready, workers: number, signal: AbortSignal): Promise<void> {
    const pool = new Pool(urls.commands, { connections: workers });
    const worker = async (): Promise<void> => {
      while (!signal.aborted) await this.#send(pool, tokens.operator, this.#next()).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: workers }, worker));
    await pool.destroy().catch(() => undefined);
  }

  /** Sends everything again that has no answer. */
  async settle({ urls, tokens }: Ready): Promise<number> {
    const pool = new Pool(urls.commands, { connections: 16 });
    const unanswered = [...this.#pending];
    await Promise.all(unanswered.map((command) => this.#send(pool, tokens.operator, command)));
    await pool.close();
    return unanswered.length;
  }

  get acceptedOrders(): string[] {
    return this.sent.flatMap(({ orderId, outcome }) => (orderId && outcome === 'accepted' ? [orderId] : []));
  }

  #next(): Sent {
    const { random } = this;
    const key = `${this.label}:${this.#counter++}`;
    const dice = random();
    const placed = this.sent.filter(({ path, orderId }) => path === '/api/orders' && orderId).slice(-50);
    const command: Sent =
      dice < 0.05
        ? {
            key,
            path: `/api/accounts/${pick(random, CUSTOMERS)}/deposits`,
            body: { amount: { amount: 1_000, currency: 'EUR' } },
          }
        : dice < 0.12 && placed.length > 0
          ? { key, path: `/api/orders/${pick(random, placed).orderId ?? ''}/cancel`, body: { reason: 'verification' } }
          : { key, path: '/api/orders', body: this.#order() };
    this.sent.push(command);
    this.#pending.add(command);
    return command;
  }

  #order(): object {
    const { random } = this;
    const skus = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, PRODUCTS)));
    const items = [...skus].map((sku) => ({ sku, quantity: 1 + Math.floor(random() * 3) }));
    return { customerId: pick(random, CUSTOMERS), items };
  }

  async #send(pool: Pool, token: string, command: Sent): Promise<void> {
    const { statusCode, body } = await pool.request({
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
