import type { EventLog } from '@order-flow/event-log';
import type { EventStore } from '@order-flow/event-store';
import type { ReadStore } from '@order-flow/read-store';
import { checkBridge, checkUniqueness } from './checks/check-bridge.js';
import { checkMoney, checkStock } from './checks/check-conservation.js';
import { checkOrders } from './checks/check-orders.js';
import { checkReadModels } from './checks/check-read-models.js';
import { type Finding, readAllTopics } from './checks/topics.js';

export interface AuditedStores {
  readonly store: EventStore;
  readonly log: EventLog;
  readonly readStore: ReadStore;
}

/**
 * Recomputes everything from the event store and the topics, and compares.
 * @param acceptedOrders ids of the orders that were accepted
 */
export async function audit(
  { store, log, readStore }: AuditedStores,
  acceptedOrders: readonly string[],
): Promise<Finding[]> {
  const topics = await readAllTopics(log);
  return [
    await checkBridge(store, topics),
    checkUniqueness(topics),
    checkOrders(topics, acceptedOrders),
    await checkStock(topics, readStore),
    await checkMoney(topics, readStore),
    ...(await checkReadModels(topics, readStore)),
  ];
}

/** A line for each claim, and under those that do not hold the first of the evidence. */
export const describeFindings = (findings: readonly Finding[]): string =>
  findings
    .flatMap(({ claim, violations, checked }) => [
      `${violations.length === 0 ? 'ok  ' : 'FAIL'} ${claim} (${checked} checked)`,
      ...violations.slice(0, 5).map((violation) => `       ${violation}`),
    ])
    .join('\n');
