import type { Projection } from './projection.js';
import { customers } from './customers.js';
import { orders } from './orders.js';
import { products } from './products.js';

/** Every read model. */
export const allProjections = [orders, products, customers] as unknown as readonly Projection[];
