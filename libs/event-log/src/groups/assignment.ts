export interface Assigned {
  readonly id: string;
  readonly slices: readonly number[];
}

/**
 * Shares slices 0..count−1 evenly over the members: nobody has two more than another, and a member keeps as many of its
 * former slices as its share allows. The same input gives the same answer.
 * @param members in the order they joined, with what they own so far
 */
export function assignSlices(members: readonly Assigned[], count: number): Assigned[] {
  if (members.length === 0) return [];
  const free = new Set(Array.from({ length: count }, (_, slice) => slice));
  const least = Math.floor(count / members.length);
  let larger = count % members.length;
  // Those who own most keep the larger shares: fewer slices move.
  const byOwned = [...members].sort((a, b) => b.slices.length - a.slices.length);
  const shares = new Map(byOwned.map(({ id }) => [id, least + (larger-- > 0 ? 1 : 0)]));
  const kept = members.map(({ id, slices }) => {
    const mine = slices.filter((slice) => free.has(slice)).slice(0, shares.get(id));
    for (const slice of mine) free.delete(slice);
    return { id, slices: mine };
  });
  const rest = [...free];
  return kept.map(({ id, slices }) => {
    const missing = (shares.get(id) ?? 0) - slices.length;
    return { id, slices: [...slices, ...rest.splice(0, missing)].sort((a, b) => a - b) };
  });
}
