/** A topology or its state cannot work as it is. The message names the node or topic, and the remedy. */
export class StreamsError extends Error {
  constructor(
    readonly code:
      | 'INVALID_TOPOLOGY'
      | 'STATE_WITHOUT_OFFSETS'
      | 'CHANGED_TOPOLOGY'
      | 'POSITION_OUT_OF_RANGE'
      | 'STATE_UNREADABLE'
      | 'TOO_MANY_DEAD_LETTERS'
      | 'KEY_PARKED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StreamsError';
  }
}
