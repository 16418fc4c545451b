/**
 * Milliseconds on a clock that all processes of this machine share and nobody can set. It begins anew with each start of
 * the machine: an instant that was kept may lie ahead, and is then of a former start.
 */
export const machineClock = (): number => Number(process.hrtime.bigint() / 1_000_000n);
