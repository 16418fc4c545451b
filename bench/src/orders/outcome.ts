import { z } from 'zod';

export const FINAL_STATUSES = ['CONFIRMED', 'FAILED', 'CANCELLED'] as const;

/** An order at an end in the read model. One that is to be cancelled is not at its end while it is CONFIRMED. */
export const Outcome = z.object({
  id: z.string(),
  status: z.enum(FINAL_STATUSES),
  reason: z.string().nullable(),
});
export type Outcome = z.infer<typeof Outcome>;
