import type { ProductView } from '@order-flow/contracts';
import { ProductNode } from './aggregate.js';
import { builder } from './builder.js';
import type { RequestContext } from './context.js';
import { MoneyType } from './scalars.js';

const from =
  <V>(pick: (view: ProductView) => V) =>
  async (product: ProductNode, _args: object, context: RequestContext): Promise<V | undefined> => {
    const view = await product.view(context);
    return view ? pick(view) : undefined;
  };

export const ProductType = builder.objectRef<ProductNode>('Product').implement({
  isTypeOf: (value) => value instanceof ProductNode,
  description: 'A product. `sku` and `version` are known at once; the rest is null until the read model has it.',
  fields: (t) => ({
    sku: t.exposeID('id'),
    version: t.int({ resolve: (product, _args, context) => product.version(context) }),
    revision: t.int({ nullable: true, resolve: from((view) => view.revision) }),
    name: t.string({ nullable: true, resolve: from((view) => view.name) }),
    description: t.string({ nullable: true, resolve: from((view) => view.description) }),
    category: t.string({ nullable: true, resolve: from((view) => view.category) }),
    price: t.field({ type: MoneyType, nullable: true, resolve: from((view) => view.price) }),
    discontinued: t.boolean({ nullable: true, resolve: from((view) => view.discontinued) }),
    onHand: t.int({ nullable: true, resolve: from((view) => view.onHand) }),
    reserved: t.int({ nullable: true, resolve: from((view) => view.reserved) }),
    available: t.int({ nullable: true, description: 'on hand − reserved', resolve: from((view) => view.available) }),
  }),
});
