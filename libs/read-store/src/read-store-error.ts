export type ReadStoreErrorCode =
  | 'STORE_FOREIGN'
  | 'STORE_CORRUPT'
  | 'STORE_FORMAT_UNKNOWN'
  | 'STORE_UNAVAILABLE'
  /** Credentials or an address that the server, or its driver, will never take. */
  | 'STORE_REFUSED'
  | 'STORE_CLOSED';

/** The store itself cannot be used; the message is one line that names the place and the remedy. */
export class ReadStoreError extends Error {
  override readonly name = 'ReadStoreError';

  constructor(
    readonly code: ReadStoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
