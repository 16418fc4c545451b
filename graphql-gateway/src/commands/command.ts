/** One request to the command service, on behalf of a caller. */
export interface Command {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | Buffer | undefined;
  /** The caller's own Authorization header: the command service decides what they may do. */
  readonly authorization: string;
  /** Makes a retry the same command. */
  readonly idempotencyKey: string;
  readonly traceparent?: string | undefined;
}

export interface CommandAnswer {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly location: string | undefined;
}

/** No answer came. Whether the command was carried out may be unknown; the same idempotency key makes asking again safe. */
export class CommandServiceError extends Error {
  constructor(
    readonly code: 'SERVICE_UNAVAILABLE' | 'COMMAND_TIMED_OUT',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CommandServiceError';
  }
}

/** This instance failed, another one or a later attempt may not. */
export class InstanceFailure extends Error {
  constructor(
    message: string,
    /** Its answer, if it gave one: a status of 500 or more. */
    readonly answer: CommandAnswer | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'InstanceFailure';
  }

  /** Contention is answered by a healthy instance; everything else counts against it. */
  get isOfInstance(): boolean {
    return !this.answer?.text.includes('"TOO_MUCH_CONTENTION"');
  }
}
