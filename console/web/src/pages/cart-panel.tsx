import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { Quantity } from '../components/quantity.js';
import { cart, cartTotal, emptyCart, orderCart, setQuantity } from '../state/cart.js';
import { formatMoney } from '../state/format.js';
import { isOperator } from '../state/session.js';

/** Whom an operator orders for. */
const customerId = signal('ada');

const Lines = () => (
  <ul class="cart-lines">
    {cart.value.map(({ sku, name, price, quantity }) => (
      <li key={sku}>
        <span class="cart-name">{name}</span>
        <span class="numeric">{formatMoney({ ...price, amount: price.amount * quantity })}</span>
        <Quantity name={name} value={quantity} onChange={(value) => setQuantity({ sku, name, price }, value)} />
        <small class="muted numeric">{formatMoney(price)} each</small>
      </li>
    ))}
  </ul>
);

const CustomerField = () => (
  <label class="field">
    <span>Customer</span>
    <input
      value={customerId.value}
      onInput={(event) => {
        customerId.value = event.currentTarget.value.trim();
      }}
      pattern="[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
      title="letters, digits, - and _, at most 64"
      required
      spellcheck={false}
      autocomplete="off"
    />
    <small class="muted">An operator orders for a customer, who pays from their account.</small>
  </label>
);

interface CartPanelProps {
  readonly onPlaced: (orderId: string) => void;
  /** Prices may have changed: load them again. */
  readonly onStale: () => void;
}

/** The cart, and the button that orders what is in it. */
export function CartPanel({ onPlaced, onStale }: CartPanelProps) {
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const place = async (): Promise<void> => {
    setSending(true);
    setRefusal(undefined);
    try {
      const placed = await orderCart(isOperator.value ? customerId.value : undefined);
      if ('code' in placed) {
        setRefusal(placed.message);
        if (placed.code === 'PRICE_CHANGED') onStale();
      } else {
        emptyCart();
        onPlaced(placed.id);
      }
    } catch (error) {
      setRefusal((error as Error).message);
    } finally {
      setSending(false);
    }
  };
  const total = cartTotal.value;
  const empty = cart.value.length === 0;
  return (
    <form
      class="card cart"
      aria-label="Cart"
      onSubmit={(event) => {
        event.preventDefault();
        void place();
      }}
    >
      <h2>Your order</h2>
      {empty ? (
        <p class="muted">Add something from the list, then place the order and watch it go through.</p>
      ) : (
        <Lines />
      )}
      {isOperator.value && <CustomerField />}
      {total && (
        <p class="cart-total">
          <span>Total</span>
          <strong class="numeric">{formatMoney(total)}</strong>
        </p>
      )}
      {refusal && (
        <p class="notice bad" role="alert">
          {refusal}
        </p>
      )}
      <button class="button primary wide" type="submit" disabled={empty || sending}>
        {sending ? 'Placing the order…' : 'Place order'}
      </button>
    </form>
  );
}
