/** An object that is like another one but for what is given. */
export const overriding = <T extends object>(target: T, changes: Partial<T>): T =>
  new Proxy(target, {
    get(from, name) {
      const changed: unknown = Reflect.get(changes, name);
      if (changed !== undefined) return changed;
      const value: unknown = Reflect.get(from, name);
      return typeof value === 'function' ? (value.bind(from) as unknown) : value;
    },
  });
