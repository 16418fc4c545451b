import type { Coordination } from '../coordination.js';

/** Two instances of services that coordinate with each other. */
export interface OpenedCoordination {
  readonly one: Coordination;
  readonly other: Coordination;
  /** Ends both, and what was started for them. */
  close(): Promise<void>;
}

export interface CoordinationBackend {
  readonly open: () => Promise<OpenedCoordination>;
}

/** @throws Error when the condition does not come to hold */
export async function eventually(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`the condition did not come to hold within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Runs a test on a freshly opened backend. */
export const on =
  ({ open }: CoordinationBackend, test: (opened: OpenedCoordination) => Promise<void>) =>
  async (): Promise<void> => {
    const opened = await open();
    try {
      await test(opened);
    } finally {
      await opened.close();
    }
  };
