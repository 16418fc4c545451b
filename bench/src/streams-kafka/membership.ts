import { z } from 'zod';

/** What the members of one group and the process that began them say to each other. */
export const FromMember = z.discriminatedUnion('kind', [
  /** Whether it has its share, restored, and waits to begin. */
  z.object({ kind: z.literal('ready'), ready: z.boolean() }),
  z.object({ kind: z.literal('committed'), records: z.int() }),
  z.object({
    kind: z.literal('report'),
    /** Milliseconds since the epoch: its first record and its last commit; absent when it had none. */
    beganAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    /** From its first record to its last commit. */
    cpuMicros: z.number(),
    maxRssMb: z.number(),
    commits: z.array(z.number()),
  }),
]);
export type FromMember = z.infer<typeof FromMember>;
export type MemberReport = Extract<FromMember, { readonly kind: 'report' }>;

export const ToMember = z.enum(['begin', 'end']);
export type ToMember = z.infer<typeof ToMember>;
