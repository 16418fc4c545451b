import type { CustomerView } from '@order-flow/contracts';
import { AccountNode } from './aggregate.js';
import { builder } from './builder.js';
import type { RequestContext } from './context.js';
import { MoneyType } from './scalars.js';

const from =
  <V>(pick: (view: CustomerView) => V) =>
  async (account: AccountNode, _args: object, context: RequestContext): Promise<V | undefined> => {
    const view = await account.view(context);
    return view ? pick(view) : undefined;
  };

const OrderCountsType = builder.objectRef<CustomerView['orders']>('OrderCounts').implement({
  fields: (t) => ({
    placed: t.exposeInt('placed'),
    confirmed: t.exposeInt('confirmed'),
    failed: t.exposeInt('failed'),
    cancelled: t.exposeInt('cancelled'),
  }),
});

export const AccountType = builder.objectRef<AccountNode>('Account').implement({
  isTypeOf: (value) => value instanceof AccountNode,
  description:
    "A customer's account. `id` and `version` are known at once; the rest is null until the read model has it.",
  fields: (t) => ({
    id: t.exposeID('id'),
    version: t.int({ resolve: (account, _args, context) => account.version(context) }),
    revision: t.int({ nullable: true, resolve: from((view) => view.revision) }),
    name: t.string({ nullable: true, resolve: from((view) => view.name) }),
    email: t.string({ nullable: true, resolve: from((view) => view.email) }),
    frozen: t.boolean({ nullable: true, resolve: from((view) => view.frozen) }),
    balances: t.field({
      type: [MoneyType],
      nullable: true,
      resolve: from((view) => Object.entries(view.balances).map(([currency, amount]) => ({ amount, currency }))),
    }),
    orders: t.field({ type: OrderCountsType, nullable: true, resolve: from((view) => view.orders) }),
  }),
});
