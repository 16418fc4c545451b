import { join } from 'node:path';
import type { Ready } from '@order-flow/all-in-one';
import { type EventLog, openEventLog } from '@order-flow/event-log';
import { openEmbeddedEventStore } from '@order-flow/event-store';
import { openEmbeddedReadStore } from '@order-flow/read-store';
import { readSettings } from '@order-flow/service-kit';
import { audit, describeFindings } from './audit.js';
import type { Load, Target } from './load.js';

/** The platform's settings, as the environment has them. */
export const settings = readSettings(process.env);

/** The log of a platform with that data directory; on Kafka where the environment says so. */
export const openLog = (dataDir: string): Promise<EventLog> => openEventLog(settings, join(dataDir, 'event-log'));

export const targetOf = ({ urls, tokens }: Ready): Target => ({
  commands: [urls.commands],
  gateways: [urls.gateway],
  token: tokens.operator,
});

/**
 * Recomputes what a stopped platform has in its data directory, and prints the findings.
 * @returns whether all of them are as they must be
 */
export async function recompute(dataDir: string, load: Load): Promise<boolean> {
  const store = await openEmbeddedEventStore({ path: join(dataDir, 'event-store') });
  const log = await openLog(dataDir);
  const readStore = await openEmbeddedReadStore({ path: join(dataDir, 'read-store') });
  try {
    const findings = await audit({ store, log, readStore }, load.acceptedOrders);
    console.log(describeFindings(findings));
    const failed = findings.filter(({ violations }) => violations.length > 0).length;
    console.log(`${findings.length - failed} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await Promise.all([store.close(), log.close(), readStore.close()]);
  }
}
