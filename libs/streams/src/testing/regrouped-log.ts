import { once } from 'node:events';
import type { EventLog, OwnershipEpoch } from '@order-flow/event-log';
import { hookedLog } from './hooked-log.js';

/**
 * A log whose groups change though everybody keeps what is theirs.
 * @param next asked at each epoch for what ends it
 */
export const regroupedLog = (log: EventLog, next: () => AbortSignal): EventLog => ({
  ...hookedLog(log, {}),
  async *join(...membership) {
    for await (const epoch of log.join(...membership)) {
      while (!epoch.signal.aborted) {
        const signal = AbortSignal.any([epoch.signal, next()]);
        const read: OwnershipEpoch['read'] = (from, until = signal, demand) =>
          epoch.read(from, AbortSignal.any([signal, until]), demand);
        const confirm = async (): Promise<boolean> => (await epoch.confirm()) && !signal.aborted;
        yield { ...epoch, signal, read, confirm };
        if (!signal.aborted) await once(signal, 'abort');
      }
    }
  },
});
