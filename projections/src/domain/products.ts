import {
  catalogEvents,
  type CatalogEvent,
  inventoryEvents,
  type InventoryEvent,
  type ProductView,
} from '@order-flow/contracts';
import { type Body, projection } from './projection.js';

type Product = Body<ProductView>;

const withStock = (product: Product, onHand: number, reserved: number): Product => ({
  ...product,
  onHand,
  reserved,
  available: onHand - reserved,
});

function foldCatalog(product: Product, event: CatalogEvent): Product {
  const next = { ...product, version: (event.streamrevision ?? 0) + 1 };
  switch (event.type) {
    case 'ProductAdded': {
      const { name, description, category, price } = event.data;
      return { ...next, name, description, category, price };
    }
    case 'PriceChanged':
      return { ...next, price: event.data.price };
    case 'StockReceived':
      return withStock(next, next.onHand + event.data.quantity, next.reserved);
    case 'StockAdjusted':
      return withStock(next, next.onHand + event.data.delta, next.reserved);
    case 'ProductDiscontinued':
      return { ...next, discontinued: true };
  }
}

const stockLines = (event: InventoryEvent): readonly { sku: string; quantity: number }[] =>
  event.type === 'InventoryReservationFailed' ? [] : event.data.lines;

function foldInventory(product: Product, event: InventoryEvent, sku: string): Product {
  const quantity = stockLines(event).find((line) => line.sku === sku)?.quantity ?? 0;
  switch (event.type) {
    case 'InventoryReserved':
      return withStock(product, product.onHand, product.reserved + quantity);
    case 'InventoryReleased':
      return withStock(product, product.onHand, product.reserved - quantity);
    case 'InventoryCommitted':
      return withStock(product, product.onHand - quantity, product.reserved - quantity);
    case 'InventoryReservationFailed':
      return product;
  }
}

const isInventory = (event: CatalogEvent | InventoryEvent): event is InventoryEvent =>
  event.type.startsWith('Inventory');

/** One document per product: price and stock. */
export const products = projection<ProductView, readonly [typeof catalogEvents, typeof inventoryEvents]>({
  name: 'products',
  sources: [catalogEvents, inventoryEvents],
  indexes: [
    { name: 1, _id: 1 },
    { category: 1, name: 1, _id: 1 },
  ],
  keys: (event) => (isInventory(event) ? stockLines(event).map(({ sku }) => sku) : [event.subject]),
  ofOneSlice: false,
  begins: ({ type }) => type === 'ProductAdded',
  initial: () => ({
    name: null,
    description: '',
    category: '',
    price: null,
    discontinued: false,
    version: 0,
    onHand: 0,
    reserved: 0,
    available: 0,
  }),
  fold: (product, event, sku) =>
    isInventory(event) ? foldInventory(product, event, sku) : foldCatalog(product, event),
  lingerMs: { [inventoryEvents.name]: 25 },
  version: ({ version }) => version,
});
