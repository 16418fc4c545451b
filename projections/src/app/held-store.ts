import type { ReadStore } from '@order-flow/read-store';
import { sleep } from '@order-flow/service-kit';

const ASK_EVERY_MS = 2_000;

/** The read store is another than the one that was begun with: emptied, or exchanged. What to do is to begin anew. */
export class ReadStoreReplaced extends Error {
  readonly code = 'READ_STORE_REPLACED';

  constructor(before: string, now: string) {
    super(
      `the read store was ${before} and is ${now} now: it was emptied or exchanged, and the log is folded into it from the beginning`,
    );
    this.name = 'ReadStoreReplaced';
  }
}

/** A read store as it is now. What is not found in it is missing only as long as it stays the same. */
export interface HeldStore {
  /** @throws ReadStoreReplaced */
  check(): Promise<void>;
  /** Checks now and then, until the signal; a store that does not answer is asked again. @throws ReadStoreReplaced */
  watch(signal: AbortSignal): Promise<void>;
}

export async function holdStore(store: Pick<ReadStore, 'identity'>): Promise<HeldStore> {
  const held = await store.identity();
  const check = async (): Promise<void> => {
    const now = await store.identity();
    if (now !== held) throw new ReadStoreReplaced(held, now);
  };
  return {
    check,
    async watch(signal) {
      for (;;) {
        await sleep(ASK_EVERY_MS, signal);
        if (signal.aborted) return;
        await check().catch((error: unknown) => {
          if (error instanceof ReadStoreReplaced) throw error;
        });
      }
    },
  };
}
