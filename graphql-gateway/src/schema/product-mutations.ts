import { z } from 'zod';
import { ProductNode } from './aggregate.js';
import { builder } from './builder.js';
import type { RequestContext } from './context.js';
import { refusals } from './error-types.js';
import { ProductType } from './product-type.js';
import { Refusal } from './refusal.js';
import { MoneyInput } from './scalars.js';
import { sendCommand } from './send-command.js';

const DecidedProduct = z.object({ sku: z.string(), version: z.int() });
const resultType = (name: string) => builder.unionType(name, { types: [ProductType, ...refusals] });

const AddProductInput = builder.inputType('AddProductInput', {
  fields: (t) => ({
    sku: t.id({ required: true }),
    name: t.string({ required: true }),
    description: t.string(),
    category: t.string(),
    price: t.field({ type: MoneyInput, required: true }),
    stock: t.int({ description: 'units on hand at the start; default 0' }),
    idempotencyKey: t.string(),
  }),
});
const ChangePriceInput = builder.inputType('ChangePriceInput', {
  fields: (t) => ({
    sku: t.id({ required: true }),
    price: t.field({ type: MoneyInput, required: true }),
    idempotencyKey: t.string(),
  }),
});
const ReceiveStockInput = builder.inputType('ReceiveStockInput', {
  fields: (t) => ({
    sku: t.id({ required: true }),
    quantity: t.int({ required: true }),
    idempotencyKey: t.string(),
  }),
});

async function decideProduct(
  context: RequestContext,
  request: { readonly path: string; readonly body: object; readonly idempotencyKey: string | null | undefined },
): Promise<ProductNode | Refusal> {
  const decision = await sendCommand(context, { ...request, answer: DecidedProduct, operatorOnly: true });
  return decision instanceof Refusal ? decision : new ProductNode(decision.sku, undefined, decision.version);
}

/** GraphQL's null means left out. */
const given = (input: object): object =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));

builder.mutationFields((t) => ({
  addProduct: t.field({
    type: resultType('AddProductResult'),
    description: 'Operators only.',
    args: { input: t.arg({ type: AddProductInput, required: true }) },
    resolve: (_root, { input: { idempotencyKey, ...product } }, context) =>
      decideProduct(context, { path: '/api/products', body: given(product), idempotencyKey }),
  }),
  changePrice: t.field({
    type: resultType('ChangePriceResult'),
    description: 'Operators only.',
    args: { input: t.arg({ type: ChangePriceInput, required: true }) },
    resolve: (_root, { input: { sku, price, idempotencyKey } }, context) =>
      decideProduct(context, {
        path: `/api/products/${encodeURIComponent(sku)}/price`,
        body: { price },
        idempotencyKey,
      }),
  }),
  receiveStock: t.field({
    type: resultType('ReceiveStockResult'),
    description: 'Operators only.',
    args: { input: t.arg({ type: ReceiveStockInput, required: true }) },
    resolve: (_root, { input: { sku, quantity, idempotencyKey } }, context) =>
      decideProduct(context, {
        path: `/api/products/${encodeURIComponent(sku)}/stock`,
        body: { quantity },
        idempotencyKey,
      }),
  }),
}));
