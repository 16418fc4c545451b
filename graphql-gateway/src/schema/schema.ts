import './scalars.js';
import './account-mutations.js';
import './account-queries.js';
import './catalog-queries.js';
import './operation-queries.js';
import './order-mutations.js';
import './order-queries.js';
import './product-mutations.js';
import './subscriptions.js';
import { builder } from './builder.js';

export const schema = builder.toSchema();
