import { effect, signal } from '@preact/signals';

const KEPT_AS = 'console-theme';
const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const kept = (): Theme => THEMES.find((name) => name === localStorage.getItem(KEPT_AS)) ?? 'system';

export const theme = signal<Theme>('system');

export function followTheme(): void {
  theme.value = kept();
  effect(() => {
    localStorage.setItem(KEPT_AS, theme.value);
    document.documentElement.dataset['theme'] = theme.value;
  });
}

/** The system's choice, light, dark, and round again. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
}
