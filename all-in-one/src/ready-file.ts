import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** What `npm start -- --ready-file` and `npm run cluster -- --ready-file` write. */
export const Ready = z.object({
  urls: z.object({
    gateway: z.string(),
    commands: z.string(),
    processors: z.string(),
    projections: z.string(),
    registry: z.string(),
    console: z.string(),
  }),
  tokens: z.object({ customer: z.string(), operator: z.string() }),
  sample: z.object({ accountId: z.string(), sku: z.string() }),
});
export type Ready = z.infer<typeof Ready>;

/** Whole or not at all: whoever waits for the file never reads half of it. */
export async function writeReadyFile(file: string, ready: Ready): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(ready, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
