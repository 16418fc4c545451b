const PATHS = {
  shop: 'M4 7h16l-1.2 12.2a1 1 0 0 1-1 .8H6.2a1 1 0 0 1-1-.8L4 7Zm4 3V6a4 4 0 0 1 8 0v4',
  topics: 'M4 6h16M4 12h16M4 18h10',
  orders: 'M6 4v16M6 7h.01M6 12h.01M6 17h.01M10 7h9M10 12h7M10 17h9',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-6v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  moon: 'M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5Z',
  system: 'M4 5h16v11H4zM9 20h6',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4 4',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  alert: 'M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5m0 2.5v.01',
  empty: 'M4 13l2.5-8h11L20 13v6H4v-6Zm0 0h5l1 2.5h4l1-2.5h5',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  next: 'm9 5 7 7-7 7',
  back: 'm15 5-7 7 7 7',
  live: 'M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4Zm-5-3a7 7 0 0 0 0 10M17 7a7 7 0 0 1 0 10',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5-12-7.5Z',
  reload: 'M19 6v5h-5M5 18v-5h5M18.5 11A7 7 0 0 0 6 8m-.5 5A7 7 0 0 0 18 16',
  cause: 'M6 4v8a4 4 0 0 0 4 4h8m-4-4 4 4-4 4',
} as const;

export type IconName = keyof typeof PATHS;

/** Decorative: what it stands for is said in words beside it, or in the control's label. */
export const Icon = ({ name, size = 18 }: { name: IconName; size?: number }) => (
  <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
