/** A map of the entries that were set last: of more than it may hold, the one that was set the longest ago is forgotten. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  /** @param limit entries */
  constructor(private readonly limit: number) {
    super();
  }

  /** An entry that is set again is the newest. */
  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    for (const oldest of this.keys()) {
      if (this.size <= this.limit) break;
      this.delete(oldest);
    }
    return this;
  }
}
