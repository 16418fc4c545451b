/** What a figure should reach: at least so much, or less than so much. */
export type Target = { readonly atLeast: number } | { readonly below: number };

/** One measured value. */
export interface Figure {
  readonly suite: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
}

/** Whether a figure reaches its target; undefined without one. */
export function isMet({ value, target }: Pick<Figure, 'value' | 'target'>): boolean | undefined {
  if (!target) return undefined;
  return 'atLeast' in target ? value >= target.atLeast : value < target.below;
}

const digits = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 2 });

const describeTarget = (target: Target | undefined): string => {
  if (!target) return '';
  return 'atLeast' in target ? `≥ ${digits(target.atLeast)}` : `< ${digits(target.below)}`;
};

export const FIGURE_COLUMNS = ['figure', 'target', 'result', ''] as const;

/** A figure as a row under `FIGURE_COLUMNS`. */
export function figureRow(figure: Figure): readonly string[] {
  const met = isMet(figure);
  const verdict = met === undefined ? '' : met ? 'met' : 'missed';
  return [
    `${figure.suite}: ${figure.name}`,
    describeTarget(figure.target),
    `${digits(figure.value)} ${figure.unit}`,
    verdict,
  ];
}
