import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.js';
import { Loaded } from '../components/loaded.js';
import { Empty } from '../components/states.js';
import { cart, cartTotal, updatePrices } from '../state/cart.js';
import { formatMoney } from '../state/format.js';
import { useResource } from '../state/resource.js';
import { findProducts, type Product } from '../state/shop-api.js';
import { CartPanel } from './cart-panel.js';
import { OrderProgress } from './order-progress.js';
import { ProductList } from './product-list.js';

const SEARCH_DELAY = 200;

/** The order placed last; it stays while other views are looked at. */
const lastOrder = signal<string | null>(null);

/** The value once it has been still for a while. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SEARCH_DELAY);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Products({ search, products }: { search: string; products: readonly Product[] }) {
  if (products.length > 0) return <ProductList products={products} />;
  return search === '' ? (
    <Empty title="The shop is empty">Products appear here when they are added.</Empty>
  ) : (
    <Empty title={`Nothing matches “${search}”`}>Names and SKUs are searched.</Empty>
  );
}

/** On narrow screens the cart lies below all products: this leads there. */
function CartBar({ onOpen }: { onOpen: () => void }) {
  const count = cart.value.reduce((sum, { quantity }) => sum + quantity, 0);
  if (count === 0) return null;
  return (
    <button class="button primary cart-bar" type="button" onClick={onOpen}>
      <span>
        {count} in your order{cartTotal.value && `, ${formatMoney(cartTotal.value)}`}
      </span>
      <span>Review</span>
    </button>
  );
}

export function ShopPage() {
  const side = useRef<HTMLElement>(null);

  const [text, setText] = useState('');
  const search = useSettled(text.trim());
  const found = useResource(`products ${search}`, (_question, signal) => findProducts(search, signal));
  const refreshPrices = (): void => {
    findProducts('').then(updatePrices, () => undefined);
    found.reload();
  };
  return (
    <main class="page shop">
      <div class="shop-main">
        <header class="page-head">
          <div>
            <h1>Shop</h1>
            <p class="muted">Place an order, and see every event that it causes.</p>
          </div>
          <label class="search">
            <Icon name="search" size={16} />
            <input
              type="search"
              placeholder="Search products"
              aria-label="Search products"
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        </header>
        <Loaded resource={found} failure="Products could not be loaded" loading="Loading products" rows={6} tall>
          {(products) => <Products search={search} products={products} />}
        </Loaded>
      </div>
      <CartBar onOpen={() => side.current?.scrollIntoView()} />
      <aside class="shop-side" ref={side}>
        {lastOrder.value !== null && (
          <OrderProgress
            key={lastOrder.value}
            orderId={lastOrder.value}
            onSettled={found.reload}
            onClose={() => {
              lastOrder.value = null;
            }}
          />
        )}
        <CartPanel
          onPlaced={(orderId) => {
            lastOrder.value = orderId;
            side.current?.scrollIntoView({ block: 'nearest' });
          }}
          onStale={refreshPrices}
        />
      </aside>
    </main>
  );
}
