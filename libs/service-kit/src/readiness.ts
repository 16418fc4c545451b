/** What a service waits for before it takes work. Ready when every named part is up. */
export class Readiness {
  readonly #parts = new Map<string, string | undefined>();

  up(part: string): void {
    this.#parts.set(part, undefined);
  }

  down(part: string, cause: string): void {
    this.#parts.set(part, cause);
  }

  /** The part is no longer expected. */
  forget(part: string): void {
    this.#parts.delete(part);
  }

  get ready(): boolean {
    return [...this.#parts.values()].every((cause) => cause === undefined);
  }

  /** `{"bridge": "up", "event-store": "down: connection refused"}` */
  report(): Record<string, string> {
    return Object.fromEntries(
      [...this.#parts].map(([part, cause]) => [part, cause === undefined ? 'up' : `down: ${cause}`]),
    );
  }
}
