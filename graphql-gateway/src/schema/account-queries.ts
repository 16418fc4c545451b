import { ROLES } from '@order-flow/service-kit';
import { AccountType } from './account-type.js';
import { AccountNode } from './aggregate.js';
import { builder } from './builder.js';
import { maySee, type RequestContext } from './context.js';

const RoleType = builder.enumType('Role', {
  values: Object.fromEntries(ROLES.map((role) => [role.toUpperCase(), { value: role }])),
});

async function readAccount({ gateway }: RequestContext, id: string): Promise<AccountNode | null> {
  const view = await gateway.customers.model.load(id);
  return view && AccountNode.of(view);
}

const ViewerType = builder.objectRef<RequestContext['caller']>('Viewer').implement({
  description: 'Whoever the token stands for.',
  fields: (t) => ({
    id: t.exposeID('subject'),
    role: t.expose('role', { type: RoleType }),
    account: t.field({
      type: AccountType,
      nullable: true,
      resolve: ({ subject, role }, _args, context) => (role === 'customer' ? readAccount(context, subject) : null),
    }),
  }),
});

builder.queryFields((t) => ({
  me: t.field({ type: ViewerType, resolve: (_root, _args, { caller }) => caller }),
  account: t.field({
    type: AccountType,
    nullable: true,
    description: 'Null for an account that does not exist or is not yours.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => (maySee(context, id) ? readAccount(context, id) : null),
  }),
}));
