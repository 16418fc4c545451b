import { type CatalogDomainEvent, type Money, sameMoney } from '@order-flow/contracts';
import { type Decider, refuse } from './decider.js';

export type ProductCommand =
  | {
      readonly type: 'AddProduct';
      readonly sku: string;
      readonly name: string;
      readonly description: string;
      readonly category: string;
      readonly price: Money;
      /** Units on hand at the start. */
      readonly stock: number;
    }
  | { readonly type: 'ChangePrice'; readonly sku: string; readonly price: Money }
  | { readonly type: 'ReceiveStock'; readonly sku: string; readonly quantity: number }
  | { readonly type: 'AdjustStock'; readonly sku: string; readonly delta: number; readonly reason: string }
  | { readonly type: 'DiscontinueProduct'; readonly sku: string };

export interface Product {
  readonly price: Money | null;
  readonly discontinued: boolean;
}

type Handle<Type extends ProductCommand['type']> = Extract<ProductCommand, { type: Type }>;

const add = (command: Handle<'AddProduct'>, { price }: Product): CatalogDomainEvent[] => {
  const { sku, name, description, category, stock } = command;
  if (price) refuse('PRODUCT_EXISTS', `product ${sku} exists already`);
  const added = { type: 'ProductAdded', data: { sku, name, description, category, price: command.price } } as const;
  return stock > 0 ? [added, { type: 'StockReceived', data: { sku, quantity: stock } }] : [added];
};

function change(command: Exclude<ProductCommand, { type: 'AddProduct' }>, price: Money): CatalogDomainEvent[] {
  const { sku } = command;
  switch (command.type) {
    case 'ChangePrice':
      if (command.price.currency !== price.currency)
        refuse('CURRENCY_MISMATCH', `${sku} is priced in ${price.currency}`);
      if (sameMoney(command.price, price)) return [];
      return [{ type: 'PriceChanged', data: { sku, price: command.price, previous: price } }];
    case 'ReceiveStock':
      return [{ type: 'StockReceived', data: { sku, quantity: command.quantity } }];
    case 'AdjustStock':
      return [{ type: 'StockAdjusted', data: { sku, delta: command.delta, reason: command.reason } }];
    case 'DiscontinueProduct':
      return [{ type: 'ProductDiscontinued', data: { sku } }];
  }
}

/** One product: its price and whether it is sold. How much there is, inventory knows. */
export const product: Decider<ProductCommand, CatalogDomainEvent, Product> = {
  initialState: { price: null, discontinued: false },
  decide(command, state) {
    if (command.type === 'AddProduct') return add(command, state);
    const { price, discontinued } = state;
    if (!price) return refuse('PRODUCT_NOT_FOUND', `there is no product ${command.sku}`);
    if (discontinued) {
      return command.type === 'DiscontinueProduct'
        ? []
        : refuse('PRODUCT_DISCONTINUED', `product ${command.sku} is discontinued`);
    }
    return change(command, price);
  },
  evolve(state, event) {
    switch (event.type) {
      case 'ProductAdded':
      case 'PriceChanged':
        return { ...state, price: event.data.price };
      case 'ProductDiscontinued':
        return { ...state, discontinued: true };
      case 'StockReceived':
      case 'StockAdjusted':
        return state;
    }
  },
};
