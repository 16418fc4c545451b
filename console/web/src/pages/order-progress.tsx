import { useEffect } from 'preact/hooks';
import { Icon } from '../components/icon.js';
import { OrderSteps } from '../components/order-steps.js';
import { StatusBadge } from '../components/tags.js';
import { formatMoney } from '../state/format.js';
import { addressOf } from '../state/route.js';
import { isSettled, useOrder } from '../state/use-order.js';

interface OrderProgressProps {
  readonly orderId: string;
  /** The order has come through, one way or the other. */
  readonly onSettled: () => void;
  readonly onClose: () => void;
}

/** An order that was just placed, followed live. */
export function OrderProgress({ orderId, onSettled, onClose }: OrderProgressProps) {
  const { order, error } = useOrder(orderId);
  const settled = order !== undefined && isSettled(order.status);
  useEffect(() => {
    if (settled) onSettled();
  }, [settled]);
  return (
    <section class="card progress" aria-label="Your last order">
      <header class="group-head">
        <h2>Order {orderId.slice(0, 8)}</h2>
        <span aria-live="polite">
          <StatusBadge status={order?.status ?? 'PENDING'} />
        </span>
      </header>
      <OrderSteps order={order} />
      {error && (
        <p class="notice bad" role="alert">
          Live updates are interrupted: {error.message}
        </p>
      )}
      <footer class="progress-foot">
        {order?.total && <strong class="numeric">{formatMoney(order.total)}</strong>}
        <a class="button" href={addressOf(['orders', orderId])}>
          Timeline <Icon name="next" size={15} />
        </a>
        <button class="button quiet" type="button" onClick={onClose}>
          Dismiss
        </button>
      </footer>
    </section>
  );
}
