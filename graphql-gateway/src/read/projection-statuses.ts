import type { ServiceDirectory } from '@order-flow/coordination';
import { z } from 'zod';
import { serviceUnavailable } from '../schema/graphql-errors.js';

const WITHIN_MS = 3_000;

const Statuses = z.array(z.object({ name: z.string(), lag: z.number(), state: z.string() })).max(1_000);
export type ProjectionStatus = z.infer<typeof Statuses>[number];

async function ask(url: string, authorization: string): Promise<readonly ProjectionStatus[]> {
  const response = await fetch(`${url}/projections`, {
    headers: { authorization },
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Statuses.parse(await response.json());
}

/**
 * How the projections do, as the first instance of their service says that answers; with the caller's own credentials.
 * @throws GraphQLError SERVICE_UNAVAILABLE
 */
export async function projectionStatuses(
  directory: ServiceDirectory,
  authorization: string,
): Promise<readonly ProjectionStatus[]> {
  for (const { url } of directory.instances('projections')) {
    try {
      return await ask(url, authorization);
    } catch {
      // the next one may know
    }
  }
  throw serviceUnavailable('no instance of the projections answers; try again later');
}
