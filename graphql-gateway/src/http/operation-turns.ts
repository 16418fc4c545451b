/** What is read of a client's message here; the protocol server checks the rest. */
interface Glance {
  readonly type?: unknown;
  readonly id?: unknown;
}

interface Turn {
  /** Settled when nothing of the operation runs any more. */
  readonly ended: Promise<void>;
  /** The client has given it up. */
  left: boolean;
}

/** Messages that only servers send. */
const OF_SERVERS: readonly unknown[] = ['connection_ack', 'next', 'error'];

function glanceAt(text: string): Glance {
  try {
    const message = JSON.parse(text) as unknown;
    return typeof message === 'object' && message !== null ? message : {};
  } catch {
    return {};
  }
}

/**
 * The operations of one connection, by the ids that the client gives them. An id may be used again as soon as its operation
 * was completed; graphql-ws knows an operation by its id alone and takes the end of the former for that of the new one, which
 * it then forgets without ending it. So the new one waits until nothing of the former runs.
 */
export class OperationTurns {
  readonly #turns = new Map<string, Turn>();
  #closed = false;

  /** @param handle the protocol server's; resolves when the message's operation has ended */
  constructor(private readonly handle: (text: string) => Promise<void>) {}

  /** @returns false for a message that clients do not send */
  take(text: string): false | Promise<void> {
    const { type, id } = glanceAt(text);
    if (OF_SERVERS.includes(type)) return false;
    if (typeof id !== 'string') return this.handle(text);
    const former = this.#turns.get(id);
    if (type === 'complete' && former) former.left = true;
    if (type !== 'subscribe' || (former && !former.left)) return this.handle(text);
    return this.#begin(id, text, former);
  }

  /** What still waits for its turn is not begun. */
  close(): void {
    this.#closed = true;
  }

  #begin(id: string, text: string, former: Turn | undefined): Promise<void> {
    const work = former
      ? former.ended.then(() => (turn.left || this.#closed ? undefined : this.handle(text)))
      : this.handle(text);
    const forget = (): void => {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    };
    const turn: Turn = { ended: work.then(forget, forget), left: false };
    this.#turns.set(id, turn);
    return work;
  }
}
