/** A topology or its state cannot work as it is. The message names the node or topic, and the remedy. */
export class StreamsError extends Error {
  constructor(
    readonly code:
      | 'INVALID_TOPOLOGY'
      | 'STATE_WITHOUT_OFFSETS'
      | 'CHANGED_TOPOLOGY'
      | 'POSITION_OUT_OF_RANGE'
      | 'TOO_MANY_DEAD_LETTERS',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StreamsError';
  }
}
