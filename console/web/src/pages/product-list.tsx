import { Icon } from '../components/icon.js';
import { Quantity } from '../components/quantity.js';
import { quantityOf, setQuantity } from '../state/cart.js';
import { formatCount, formatMoney } from '../state/format.js';
import type { Product } from '../state/shop-api.js';

const stockOf = ({ available }: Product): { readonly tone: string; readonly words: string } => {
  if (available === null) return { tone: 'muted', words: 'stock unknown' };
  if (available <= 0) return { tone: 'bad-text', words: 'sold out' };
  return { tone: 'muted', words: `${formatCount(available)} available` };
};

function Card({ product }: { product: Product }) {
  const name = product.name ?? product.sku;
  const quantity = quantityOf(product.sku);
  const stock = stockOf(product);
  return (
    <li class="card product">
      <div class="product-text">
        <h3>{name}</h3>
        <p class="muted">{product.description}</p>
      </div>
      <div class="product-foot">
        <p>
          <strong class="price">{product.price && formatMoney(product.price)}</strong>
          <small class={stock.tone}>{stock.words}</small>
        </p>
        {quantity > 0 ? (
          <Quantity name={name} value={quantity} onChange={(value) => setQuantity(product, value)} />
        ) : (
          <button class="button" type="button" aria-label={`Add ${name}`} onClick={() => setQuantity(product, 1)}>
            <Icon name="plus" size={15} /> Add
          </button>
        )}
      </div>
    </li>
  );
}

/** Products by category, each with its price, its stock and a way into the cart. */
export function ProductList({ products }: { products: readonly Product[] }) {
  const categories = [...new Set(products.map(({ category }) => category ?? ''))].sort();
  return (
    <>
      {categories.map((category) => {
        const members = products.filter((product) => (product.category ?? '') === category);
        return (
          <section class="group" key={category}>
            <h2>
              {category || 'Other'} <span class="count">{members.length}</span>
            </h2>
            <ul class="products">
              {members.map((product) => (
                <Card key={product.sku} product={product} />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}
