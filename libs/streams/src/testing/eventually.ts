import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for a condition.
 * @param within milliseconds
 * @throws Error that says what did not come true, with `detail`
 */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  options: { readonly within?: number; readonly detail?: () => unknown } = {},
): Promise<void> {
  const until = performance.now() + (options.within ?? 10_000);
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`${what} did not come true: ${JSON.stringify(options.detail?.())}`);
    await delay(4);
  }
}

/** Something to wait for that is let through by hand. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
