import { useState } from 'preact/hooks';
import { Icon } from '../components/icon.js';
import { Loaded } from '../components/loaded.js';
import { Empty } from '../components/states.js';
import { StatusBadge } from '../components/tags.js';
import { formatCode, formatMoney, formatTime } from '../state/format.js';
import { useResource } from '../state/resource.js';
import { addressOf, goTo } from '../state/route.js';
import { type Order, recentOrders } from '../state/shop-api.js';

const UUID = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** Opens an order's timeline by the order's id. */
export function OrderSearch() {
  const [text, setText] = useState('');
  return (
    <form
      class="query"
      onSubmit={(event) => {
        event.preventDefault();
        goTo(addressOf(['orders', text.trim().toLowerCase()]));
      }}
    >
      <label class="search mono">
        <Icon name="search" size={16} />
        <input
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          placeholder="Order id"
          aria-label="Order id"
          pattern={`\\s*${UUID}\\s*`}
          title="an order id, such as 3f0c9a1e-0000-5000-8000-000000000000"
          required
          spellcheck={false}
        />
      </label>
      <button class="button" type="submit">
        Open timeline
      </button>
    </form>
  );
}

const Row = ({ order }: { order: Order }) => (
  <tr>
    <th scope="row">
      <a class="mono" href={addressOf(['orders', order.id])}>
        {order.id}
      </a>
    </th>
    <td data-label="Customer">{order.customerId}</td>
    <td class="numeric muted nowrap" data-label="Placed">
      {order.placedAt && formatTime(Date.parse(order.placedAt))}
    </td>
    <td class="number" data-label="Total">
      {order.total && formatMoney(order.total)}
    </td>
    <td data-label="Status">
      <StatusBadge status={order.status} /> {order.reason && <small class="muted">{formatCode(order.reason)}</small>}
    </td>
  </tr>
);

const Orders = ({ orders }: { orders: readonly Order[] }) => (
  <div class="card flush">
    <table class="table orders">
      <thead>
        <tr>
          <th scope="col">Order</th>
          <th scope="col">Customer</th>
          <th scope="col">Placed</th>
          <th scope="col" class="number">
            Total
          </th>
          <th scope="col">Status</th>
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <Row key={order.id} order={order} />
        ))}
      </tbody>
    </table>
  </div>
);

export function OrdersPage() {
  const recent = useResource('orders', (_question, signal) => recentOrders(signal));
  return (
    <main class="page">
      <header class="page-head">
        <div>
          <h1>Orders</h1>
          <p class="muted">Every record of an order, over all topics, in the order in which one caused the next.</p>
        </div>
        <OrderSearch />
      </header>
      <header class="group-head">
        <h2>Placed last</h2>
        <button class="button quiet small" type="button" onClick={recent.reload} disabled={recent.loading}>
          Refresh
        </button>
      </header>
      <Loaded resource={recent} failure="Orders could not be loaded" loading="Loading orders" rows={6}>
        {(orders) =>
          orders.length > 0 ? (
            <Orders orders={orders} />
          ) : (
            <Empty title="No orders yet">
              Place one in the <a href="#/shop">shop</a>.
            </Empty>
          )
        }
      </Loaded>
    </main>
  );
}
