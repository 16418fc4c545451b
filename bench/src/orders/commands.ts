import { z } from 'zod';
import type { GatewayClient } from './gateway-client.js';

export interface OrderRequest {
  readonly customerId: string;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
}

const Decided = z.union([
  z.object({ id: z.string(), status: z.string() }),
  z.object({ code: z.string(), message: z.string() }),
]);
/** The order, or why it was refused. */
export type Decided = z.infer<typeof Decided>;

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  ... on Order { id status } ... on Error { code message } } }`;
const CANCEL = `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
  ... on Order { id status } ... on Error { code message } } }`;

/** Places an order as an operator for a customer. @throws GatewayError */
export async function placeOrder(
  gateway: GatewayClient,
  order: OrderRequest,
  idempotencyKey: string,
  signal?: AbortSignal,
): Promise<Decided> {
  const schema = z.object({ placeOrder: Decided });
  return (await gateway.execute(schema, PLACE, { input: { ...order, idempotencyKey } }, signal)).placeOrder;
}

/** @throws GatewayError */
export async function cancelOrder(gateway: GatewayClient, orderId: string, reason: string): Promise<Decided> {
  const schema = z.object({ cancelOrder: Decided });
  const input = { orderId, reason, idempotencyKey: `cancel:${orderId}` };
  return (await gateway.execute(schema, CANCEL, { input })).cancelOrder;
}
