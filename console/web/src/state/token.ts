import { signal } from '@preact/signals';

const KEPT_AS = 'console-token';

/** The bearer token that requests carry; null when signed out. */
export const token = signal<string | null>(null);
/** Why the last token is no longer used, for the sign-in page. */
export const notice = signal<string | null>(null);

/** Uses a token for this browser tab. */
export function keepToken(value: string): void {
  sessionStorage.setItem(KEPT_AS, value);
  notice.value = null;
  token.value = value;
}

export function dropToken(reason: string | null = null): void {
  sessionStorage.removeItem(KEPT_AS);
  notice.value = reason;
  token.value = null;
}

/** Takes the token out of `#token=…`, so that it neither stays in the address bar nor in the history. */
function takeFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!given) return;
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  keepToken(given);
}

/** Before anything else reads the address. */
export function restoreToken(): void {
  token.value = sessionStorage.getItem(KEPT_AS);
  takeFromAddress();
  addEventListener('hashchange', takeFromAddress);
}
