import { effect } from '@preact/signals';
import { isOperator, me } from '../state/session.js';
import { route } from '../state/route.js';
import { nextTheme, theme } from '../state/theme.js';
import { dropToken } from '../state/token.js';
import { Icon, type IconName } from './icon.js';

const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

const VIEWS: readonly {
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  readonly operators?: true;
}[] = [
  { path: 'shop', title: 'Shop', icon: 'shop' },
  { path: 'orders', title: 'Orders', icon: 'orders' },
  { path: 'topics', title: 'Topics', icon: 'topics', operators: true },
];

/** The view that the address names, or the one it begins with. */
const currentView = (): string => route.value.path[0] ?? (isOperator.value ? 'topics' : 'shop');

/** `order.events · Topics · Order flow`: tells tabs and steps of the history apart. */
export function followTitle(): void {
  effect(() => {
    const view = VIEWS.find(({ path }) => path === currentView())?.title ?? 'Nothing here';
    const place = me.value ? [route.value.path[1], view] : ['Sign in'];
    document.title = [...place, 'Order flow'].filter(Boolean).join(' · ');
  });
}

const Views = () => (
  <nav class="views" aria-label="Views">
    {VIEWS.filter(({ operators }) => !operators || isOperator.value).map(({ path, title, icon }) => (
      <a key={path} href={`#/${path}`} aria-current={currentView() === path ? 'page' : undefined}>
        <Icon name={icon} size={17} /> {title}
      </a>
    ))}
  </nav>
);

const ThemeButton = () => (
  <button
    class="button quiet icon-only"
    type="button"
    onClick={nextTheme}
    aria-label={`Theme: ${theme.value}`}
    title={`Theme: ${theme.value}`}
  >
    <Icon name={THEME_ICONS[theme.value]} />
  </button>
);

export const Header = () => (
  <header class="bar">
    <a class="brand" href="#/">
      <span class="brand-mark" aria-hidden="true" />
      Order flow
    </a>
    {me.value && <Views />}
    <div class="bar-end">
      {me.value && (
        <span class="who">
          <strong>{me.value.subject}</strong>
          {me.value.role !== me.value.subject && <small>{me.value.role}</small>}
        </span>
      )}
      <ThemeButton />
      {me.value && (
        <button class="button quiet" type="button" onClick={() => dropToken()}>
          <Icon name="leave" /> <span class="wide-only">Sign out</span>
        </button>
      )}
    </div>
  </header>
);
