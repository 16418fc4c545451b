import { z } from 'zod';

/** Milliseconds in which somebody was running to count them. */
export const RunningTime = z.object({ elapsed: z.number(), lastTick: z.number() });
export type RunningTime = z.infer<typeof RunningTime>;

/** Advances the running time by what passed since the last tick, at most `limit`: the rest was an outage. */
export const advance = (time: RunningTime | undefined, now: number, limit: number): RunningTime => ({
  elapsed: (time?.elapsed ?? 0) + Math.min(Math.max(now - (time?.lastTick ?? now), 0), limit),
  lastTick: now,
});
