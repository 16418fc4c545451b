import type { IncomingHttpHeaders } from 'node:http';

/** The W3C trace context of a request, if it is well formed. */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  const wellFormed =
    typeof traceparent === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent);
  return wellFormed ? traceparent : undefined;
}
