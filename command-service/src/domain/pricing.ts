import {
  addMoney,
  MAX_QUANTITY,
  type Money,
  MoneyError,
  multiplyMoney,
  type OrderLine,
  sameMoney,
} from '@order-flow/contracts';
import { refuse } from './decider.js';

/** What the write side knows of a product that can be ordered. */
export interface PricedProduct {
  readonly name: string;
  readonly price: Money;
  readonly discontinued: boolean;
}

export interface RequestedLine {
  readonly sku: string;
  readonly quantity: number;
  /** The unit price the customer saw. Never used as the price. */
  readonly expectedPrice?: Money | undefined;
}

export interface PricedOrder {
  readonly lines: OrderLine[];
  readonly total: Money;
}

/**
 * Prices an order from the price book. All lines must have one currency.
 * @throws CommandRefused PRODUCT_NOT_FOUND, PRODUCT_DISCONTINUED, DUPLICATE_LINE, PRICE_CHANGED, CURRENCY_MISMATCH,
 * OUT_OF_RANGE
 */
export function priceOrder(
  requested: readonly RequestedLine[],
  find: (sku: string) => PricedProduct | undefined,
): PricedOrder {
  const seen = new Set<string>();
  const lines = requested.map((line): OrderLine => {
    if (seen.has(line.sku))
      refuse('DUPLICATE_LINE', `${line.sku} is on two lines: add up the quantities`, { sku: line.sku });
    seen.add(line.sku);
    return priceLine(line, find(line.sku));
  });
  return { lines, total: totalOf(lines) };
}

function priceLine({ sku, quantity, expectedPrice }: RequestedLine, product: PricedProduct | undefined): OrderLine {
  if (!product) return refuse('PRODUCT_NOT_FOUND', `there is no product ${sku}`, { sku });
  if (product.discontinued) return refuse('PRODUCT_DISCONTINUED', `product ${sku} is discontinued`, { sku });
  if (quantity < 1 || quantity > MAX_QUANTITY)
    refuse('OUT_OF_RANGE', `quantity of ${sku} must be 1 to ${MAX_QUANTITY}`, { sku });
  if (expectedPrice && !sameMoney(expectedPrice, product.price)) {
    refuse(
      'PRICE_CHANGED',
      `the price of ${sku} is now ${product.price.amount} ${product.price.currency} (minor units)`,
      {
        sku,
        expected: expectedPrice,
        actual: product.price,
      },
    );
  }
  return { sku, name: product.name, quantity, unitPrice: product.price };
}

function totalOf(lines: readonly OrderLine[]): Money {
  const sums = lines.map(({ unitPrice, quantity }) => ({ unitPrice, quantity }));
  try {
    return sums.map(({ unitPrice, quantity }) => multiplyMoney(unitPrice, quantity)).reduce(addMoney);
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    return refuse(error.code === 'CURRENCY_MISMATCH' ? 'CURRENCY_MISMATCH' : 'OUT_OF_RANGE', error.message);
  }
}
