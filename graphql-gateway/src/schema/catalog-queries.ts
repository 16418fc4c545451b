import { listProducts } from '../read/lists.js';
import { ProductNode } from './aggregate.js';
import { builder } from './builder.js';
import { connectionOf } from './connection.js';
import { ProductType } from './product-type.js';

const ProductConnection = builder.connectionObject(
  { type: ProductType, name: 'ProductConnection' },
  { name: 'ProductEdge' },
);

builder.queryFields((t) => ({
  product: t.field({
    type: ProductType,
    nullable: true,
    args: { sku: t.arg.id({ required: true }) },
    resolve: async (_root, { sku }, { gateway }) => {
      const view = await gateway.products.model.load(sku);
      return view && ProductNode.of(view);
    },
  }),
  products: t.field({
    type: ProductConnection,
    args: {
      first: t.arg.int({ description: 'default 20, at most 100' }),
      after: t.arg.string(),
      search: t.arg.string({ description: 'part of the name or SKU' }),
    },
    resolve: async (_root, { first, after, search }, { gateway }) =>
      connectionOf(await listProducts(gateway.products.model, search, { first, after }), ProductNode.of),
  }),
}));
