import { computed, signal } from '@preact/signals';
import type { Money } from './format.js';
import { placeOrder, type Placed, type Product } from './shop-api.js';

export const MAX_QUANTITY = 10_000;

export interface CartLine {
  readonly sku: string;
  readonly name: string;
  readonly price: Money;
  readonly quantity: number;
}

export const cart = signal<readonly CartLine[]>([]);

/** Undefined when the cart is empty or mixes currencies. */
export const cartTotal = computed<Money | undefined>(() => {
  const [first] = cart.value;
  const mixed = cart.value.some(({ price }) => price.currency !== first?.price.currency);
  if (!first || mixed) return undefined;
  const amount = cart.value.reduce((sum, { price, quantity }) => sum + price.amount * quantity, 0);
  return { amount, currency: first.price.currency };
});

/** One key for each content of the cart: pressing twice, or again after a lost answer, places one order. */
let idempotencyKey: string | undefined;

const change = (lines: readonly CartLine[]): void => {
  idempotencyKey = undefined;
  cart.value = lines;
};

export const quantityOf = (sku: string): number => cart.value.find((line) => line.sku === sku)?.quantity ?? 0;

/** Sets how many of a product are in the cart; 0 takes it out. */
export function setQuantity({ sku, name, price }: Pick<Product, 'sku' | 'name' | 'price'>, quantity: number): void {
  if (!price) return;
  const line = { sku, name: name ?? sku, price, quantity: Math.min(Math.max(0, quantity), MAX_QUANTITY) };
  const known = cart.value.some((existing) => existing.sku === sku);
  const lines = known ? cart.value.map((existing) => (existing.sku === sku ? line : existing)) : [...cart.value, line];
  change(lines.filter((existing) => existing.quantity > 0));
}

export const emptyCart = (): void => change([]);

/** Takes over prices that have changed. */
export function updatePrices(products: readonly Product[]): void {
  const prices = new Map(products.map(({ sku, price }) => [sku, price]));
  change(cart.value.map((line) => ({ ...line, price: prices.get(line.sku) ?? line.price })));
}

const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Orders what is in the cart, at the prices shown.
 * @param customerId whom an operator orders for
 * @throws RequestFailed
 */
export function orderCart(customerId: string | undefined): Promise<Placed> {
  idempotencyKey ??= randomKey();
  const items = cart.value.map(({ sku, quantity, price }) => ({ sku, quantity, expectedPrice: price }));
  return placeOrder({ ...(customerId ? { customerId } : {}), idempotencyKey, items });
}
