import { z } from 'zod';
import { AccountType } from './account-type.js';
import { AccountNode } from './aggregate.js';
import { builder } from './builder.js';
import type { RequestContext } from './context.js';
import { refusals } from './error-types.js';
import { Refusal } from './refusal.js';
import { MoneyInput } from './scalars.js';
import { sendCommand } from './send-command.js';

const DecidedAccount = z.object({ accountId: z.string(), version: z.int() });
const resultType = (name: string) => builder.unionType(name, { types: [AccountType, ...refusals] });

const OpenAccountInput = builder.inputType('OpenAccountInput', {
  fields: (t) => ({
    accountId: t.id({ required: true }),
    name: t.string({ required: true }),
    email: t.string(),
    idempotencyKey: t.string(),
  }),
});
const DepositInput = builder.inputType('DepositInput', {
  fields: (t) => ({
    accountId: t.id({ required: true }),
    amount: t.field({ type: MoneyInput, required: true }),
    idempotencyKey: t.string(),
  }),
});

async function decideAccount(
  context: RequestContext,
  request: { readonly path: string; readonly body: object; readonly idempotencyKey: string | null | undefined },
): Promise<AccountNode | Refusal> {
  const decision = await sendCommand(context, { ...request, answer: DecidedAccount, operatorOnly: true });
  return decision instanceof Refusal ? decision : new AccountNode(decision.accountId, undefined, decision.version);
}

builder.mutationFields((t) => ({
  openAccount: t.field({
    type: resultType('OpenAccountResult'),
    description: 'Operators only.',
    args: { input: t.arg({ type: OpenAccountInput, required: true }) },
    resolve: (_root, { input: { accountId, name, email, idempotencyKey } }, context) =>
      decideAccount(context, {
        path: '/api/accounts',
        body: { accountId, name, email: email ?? null },
        idempotencyKey,
      }),
  }),
  deposit: t.field({
    type: resultType('DepositResult'),
    description: 'Operators only.',
    args: { input: t.arg({ type: DepositInput, required: true }) },
    resolve: (_root, { input: { accountId, amount, idempotencyKey } }, context) =>
      decideAccount(context, {
        path: `/api/accounts/${encodeURIComponent(accountId)}/deposits`,
        body: { amount },
        idempotencyKey,
      }),
  }),
}));
