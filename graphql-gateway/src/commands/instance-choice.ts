export interface Choosable {
  readonly load: number;
  readonly circuit: 'closed' | 'open' | 'half-open';
}

/**
 * Power of two choices (Mitzenmacher, 2001): of two instances drawn at random, the one with fewer requests under way. Those
 * with an open circuit and the one that just failed are chosen only when there is no other.
 */
export function chooseInstance<T extends Choosable>(
  instances: readonly T[],
  failed: T | undefined,
  random: () => number,
): T | undefined {
  const closed = instances.filter((instance) => instance.circuit !== 'open');
  const others = closed.filter((instance) => instance !== failed);
  const candidates = others.length > 0 ? others : closed.length > 0 ? closed : instances;
  if (candidates.length < 2) return candidates[0];
  const first = Math.floor(random() * candidates.length);
  const second = (first + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length;
  const [a, b] = [candidates[first], candidates[second]];
  return a && b && b.load < a.load ? b : a;
}
