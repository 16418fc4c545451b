import { Readiness, silentLogger } from '@order-flow/service-kit';
import { followAlias } from '../app/follow-alias.js';
import { type OrderLog, ordersProjection } from './order-log.js';

/** Runs what the service runs for orders. @returns how to stop it */
export function serving({ log, readStore }: OrderLog): () => Promise<void> {
  const controller = new AbortController();
  const { done } = followAlias(
    {
      projection: ordersProjection,
      log,
      readStore,
      logger: silentLogger(),
      readiness: new Readiness(),
      changed: () => undefined,
      folded: () => undefined,
    },
    controller.signal,
  );
  return async () => {
    controller.abort();
    await done;
  };
}
