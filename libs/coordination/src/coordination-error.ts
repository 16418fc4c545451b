export type CoordinationErrorCode =
  /** The server does not answer; it may later. */
  | 'COORDINATION_UNAVAILABLE'
  /** The server does not let us in, or the address is none; waiting does not help. */
  | 'COORDINATION_REFUSED';

/** The message is one line without credentials: the server, the cause, and at the start of a service what to do. */
export class CoordinationError extends Error {
  constructor(
    readonly code: CoordinationErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'CoordinationError';
  }
}
