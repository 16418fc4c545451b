import { newClient, type RedisClient } from './client.js';
import { answered } from './failure.js';

/** One connection, from connecting to its end. */
export class Session {
  /** Whether the server has answered and the connection stands. */
  up = false;
  /** Rejects with the reason when the connection is over. */
  readonly lost: Promise<never>;
  #lose: (cause: unknown) => void = () => undefined;
  #complaint: Error | undefined;

  private constructor(readonly client: RedisClient) {
    this.lost = new Promise<never>((_resolve, reject) => {
      this.#lose = reject;
    });
    this.lost.catch(() => undefined);
    client.on('error', (error: Error) => (this.#complaint = error));
    client.once('end', () => this.giveUp(this.#complaint ?? new Error('the connection was closed')));
  }

  static async begin(url: string): Promise<Session> {
    return new Session(await newClient(url));
  }

  /** Connects and waits for a first answer. @throws Error why there is none */
  async greet(withinMs: number): Promise<void> {
    await Promise.race([this.client.connect().catch(() => this.lost), this.lost]);
    await answered(Promise.race([this.client.ping(), this.lost]), withinMs);
    // a database that does not exist is complained of beside the answers
    if (this.#complaint) throw this.#complaint;
    this.up = true;
  }

  /** From now on it is not used any more, even if its server should answer. */
  giveUp(cause: unknown): void {
    this.up = false;
    this.#lose(cause);
  }

  /** Closes the connection; what was not answered fails. */
  end(): void {
    this.up = false;
    this.client.disconnect();
  }
}
