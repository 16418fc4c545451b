/** An answer that is not the wanted one, as RFC 9457 `application/problem+json`. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stable and machine-readable, e.g. `ORDER_NOT_FOUND`. */
    readonly code: string,
    message: string,
    /** Further members, such as `errors` or `actual`. */
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'Problem';
  }

  toJSON(): Record<string, unknown> {
    return {
      type: `urn:order-flow:problem:${this.code.toLowerCase().replaceAll('_', '-')}`,
      title: this.code.toLowerCase().replaceAll('_', ' '),
      status: this.status,
      code: this.code,
      detail: this.message,
      ...this.extra,
    };
  }
}

export const forbidden = (message: string): Problem => new Problem(403, 'FORBIDDEN', message);
