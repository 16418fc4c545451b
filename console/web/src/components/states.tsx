import type { ComponentChildren } from 'preact';
import { Icon } from './icon.js';

/** Nothing to show, and what to do about it. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="state">
    <span class="state-mark">
      <Icon name="empty" size={28} />
    </span>
    <h3>{title}</h3>
    {children && <p>{children}</p>}
  </div>
);

/** What went wrong, in the server's words, and a way to try again. */
export const Failure = ({ title, error, retry }: { title: string; error: Error; retry?: () => void }) => (
  <div class="state failed" role="alert">
    <span class="state-mark">
      <Icon name="alert" size={28} />
    </span>
    <h3>{title}</h3>
    <p>{error.message}</p>
    {retry && (
      <button class="button" type="button" onClick={retry}>
        <Icon name="reload" size={16} /> Try again
      </button>
    )}
  </div>
);

/** The shape of what is being loaded. */
export const Skeleton = ({ rows, label, tall = false }: { rows: number; label: string; tall?: boolean }) => (
  <div class="skeleton" role="status" aria-label={label}>
    {Array.from({ length: rows }, (_, index) => (
      <span key={index} class={tall ? 'bone tall' : 'bone'} />
    ))}
  </div>
);
