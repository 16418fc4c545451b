import { signal } from '@preact/signals';

export interface Route {
  readonly path: readonly string[];
  readonly params: URLSearchParams;
}

type Params = Readonly<Record<string, string | number | null | undefined>>;

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decode), params: new URLSearchParams(query) };
}

/** Where the page is: everything that can be linked to stands in the address. */
export const route = signal<Route>(parse(''));

export function followAddress(): void {
  const read = (): void => {
    route.value = parse(location.hash);
  };
  addEventListener('hashchange', read);
  read();
}

/** The address of a view; parameters without a value are left out. */
export function addressOf(path: readonly string[], params: Params = {}): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${query && `?${query}`}`;
}

/** Goes to a view. `replace` leaves no step in the history. */
export function goTo(address: string, { replace = false } = {}): void {
  if (!replace) {
    location.hash = address;
    return;
  }
  history.replaceState(null, '', address);
  route.value = parse(address);
}
