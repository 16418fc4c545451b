/** How long processing keeps the event loop to itself; milliseconds. */
const TURN_MS = 2;

/** When the turn under way is over; a time of `performance.now()`. Undefined when nothing was processed in this round. */
let until: number | undefined;
const waiting: (() => void)[] = [];

function begin(now: number): void {
  until = now + TURN_MS;
  setImmediate(() => {
    until = undefined;
    const goOn = waiting.shift();
    if (!goOn) return;
    begin(performance.now());
    goOn();
  });
}

/**
 * Whether this thread has processed for so long that answers may be waiting. All slices of a thread share one turn in a
 * round of the event loop: if each had its own, a commit, which is several answers one after the other, would wait for
 * all of them each time.
 */
export function turnIsOver(now: number): boolean {
  if (until === undefined) begin(now);
  return until !== undefined && now >= until;
}

/** Resolves when the caller may process again: those who wait take turns. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));
