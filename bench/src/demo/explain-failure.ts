import { GatewayError, whyUnanswered } from '../orders/gateway-client.js';
import { NoSystem } from './system.js';

/**
 * What a person has to know of a failure that ended the demo.
 * @returns undefined for a failure that nobody foresaw
 */
export function explainFailure(error: unknown, gateway: string): string | undefined {
  if (error instanceof NoSystem) return error.message;
  if (error instanceof GatewayError) return `The gateway refused (${error.code}): ${error.message}`;
  const code = whyUnanswered(error);
  if (code === undefined) return undefined;
  return `The connection to ${gateway} broke (${code}): has the system stopped? What it accepted goes on when it is started again.`;
}
