import { computed, effect, signal } from '@preact/signals';
import type { Me } from '../../../src/shapes.js';
import { getJson } from './api.js';
import { token } from './token.js';

export type Session =
  | { readonly state: 'signed-out' }
  | { readonly state: 'checking' }
  | { readonly state: 'failed'; readonly error: Error }
  | { readonly state: 'signed-in'; readonly me: Me };

export const session = signal<Session>({ state: 'signed-out' });
export const me = computed(() => (session.value.state === 'signed-in' ? session.value.me : null));
export const isOperator = computed(() => me.value?.role === 'operator');

/** Asks the server whom the token belongs to. */
export async function checkToken(): Promise<void> {
  const asked = token.peek();
  if (!asked) {
    session.value = { state: 'signed-out' };
    return;
  }
  session.value = { state: 'checking' };
  try {
    const found = await getJson<Me>('/api/me');
    if (token.peek() === asked) session.value = { state: 'signed-in', me: found };
  } catch (error) {
    if (token.peek() === asked) session.value = { state: 'failed', error: error as Error };
  }
}

/** Keeps the session in step with the token. */
export function followToken(): void {
  effect(() => {
    if (token.value === null) session.value = { state: 'signed-out' };
    else void checkToken();
  });
}
