import { setTimeout as delay } from 'node:timers/promises';

/** A sleep that can be cut short, and that falls short at once when it was rung for since the last one. */
export class Alarm {
  #rung = new AbortController();

  async sleep(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#rung.signal }).catch(() => undefined);
    this.#rung = new AbortController();
  }

  ring(): void {
    this.#rung.abort();
  }
}
