/** A topology or its state cannot work as it is. The message names the node or topic, and the remedy. */
export class StreamsError extends Error {
  constructor(
    readonly code:
      | 'INVALID_TOPOLOGY'
      | 'STATE_WITHOUT_OFFSETS'
      | 'CHANGED_TOPOLOGY'
      | 'POSITION_OUT_OF_RANGE'
      | 'STATE_UNREADABLE'
      | 'STATE_NOT_WRITTEN'
      | 'TOO_MANY_DEAD_LETTERS'
      | 'KEY_PARKED'
      | 'ORIGINAL_GONE'
      | 'PUNCTUATION_FAILED'
      | 'VALUE_TOO_LARGE'
      | 'VALUE_MISFIT'
      | 'BAD_REQUEST',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StreamsError';
  }
}

/**
 * Thrown by a handler for what will pass (its answer is not wrong, only not to be had now): the slice starts again with
 * back-off from what it committed last, and nothing is parked or overtaken.
 */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
