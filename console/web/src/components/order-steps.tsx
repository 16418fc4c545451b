import { formatCode, formatDuration } from '../state/format.js';
import type { Order } from '../state/shop-api.js';
import { isSettled } from '../state/use-order.js';
import { Icon } from './icon.js';

const STEPS = [
  { status: 'PENDING', title: 'Placed', about: 'The order is on record.' },
  { status: 'RESERVED', title: 'Stock reserved', about: 'Every line was set aside.' },
  { status: 'CONFIRMED', title: 'Confirmed', about: 'The payment was captured.' },
] as const;
const GOOD_ENDS = new Set(['CONFIRMED', 'DISPATCHED', 'DELIVERED']);

type StepState = 'done' | 'current' | 'ahead' | 'failed';

const since = (order: Order, at: string): string | undefined =>
  order.placedAt ? `+${formatDuration(Date.parse(at) - Date.parse(order.placedAt))}` : undefined;

/** How far the order has come: how many steps are done, and whether the next one failed. */
function stateOf(index: number, order: Order | undefined): StepState {
  const reached = new Set(order?.history?.map(({ status }) => status) ?? []);
  if (order && GOOD_ENDS.has(order.status)) return 'done';
  const done = 1 + STEPS.slice(1).findLastIndex(({ status }) => reached.has(status)) + 1;
  if (index < done) return 'done';
  if (index > done) return 'ahead';
  return order && isSettled(order.status) ? 'failed' : 'current';
}

const timeOf = (order: Order | undefined, status: string): string | undefined => {
  const change = order?.history?.find((entry) => entry.status === status);
  return order && change && status !== 'PENDING' ? since(order, change.at) : undefined;
};

/** Placed → stock reserved → confirmed, or where and why it ended. */
export const OrderSteps = ({ order }: { order: Order | undefined }) => (
  <ol class="steps" aria-label="Progress">
    {STEPS.map(({ status, title, about }, index) => {
      const state = stateOf(index, order);
      const failed = state === 'failed' && order;
      return (
        <li key={status} class={`step ${state}`} aria-current={state === 'current' ? 'step' : undefined}>
          <span class="step-mark">
            {state === 'done' && <Icon name="check" size={14} />}
            {state === 'failed' && <Icon name="close" size={14} />}
          </span>
          <div>
            <strong>{failed ? formatCode(order.status) : title}</strong>
            <span class="muted">{failed ? formatCode(order.reason ?? 'no reason given') : about}</span>
            {failed && order.detail && <span class="muted">{order.detail}</span>}
          </div>
          <span class="step-time numeric">{timeOf(order, status)}</span>
        </li>
      );
    })}
  </ol>
);
