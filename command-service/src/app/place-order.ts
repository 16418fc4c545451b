import { deterministicId, type OrderStatus } from '@order-flow/contracts';
import type { EventStore } from '@order-flow/event-store';
import { refuse } from '../domain/decider.js';
import { priceOrder, type PricedProduct, type RequestedLine } from '../domain/pricing.js';
import type { Orders } from './aggregates.js';
import type { Directory } from './directory.js';
import { type CommandContext, handle } from './handle.js';

export interface PlacedOrder {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly repeated: boolean;
}

/** The id of the order that a command places: the same command always places the same order. */
export const orderIdOf = (commandId: string): string => deterministicId('order', commandId);

/** Prices the lines, checks the account and creates the order. @throws CommandRefused */
export async function placeOrder(
  { store, directory, orders }: { readonly store: EventStore; readonly directory: Directory; readonly orders: Orders },
  context: CommandContext,
  request: { readonly customerId: string; readonly items: readonly RequestedLine[] },
): Promise<PlacedOrder> {
  const { customerId, items } = request;
  const orderId = orderIdOf(context.commandId);
  const handled = await handle(store, orders, orderId, { ...context, begins: true }, async () => {
    await checkAccount(directory, customerId);
    const found = new Map<string, PricedProduct | undefined>();
    for (const { sku } of items) found.set(sku, await directory.product(sku));
    const { lines, total } = priceOrder(items, (sku) => found.get(sku));
    return { type: 'CreateOrder' as const, demand: { orderId, customerId, lines, total } };
  });
  return { orderId, status: handled.state.status ?? 'PENDING', version: handled.version, repeated: handled.repeated };
}

async function checkAccount(directory: Directory, customerId: string): Promise<void> {
  const account = await directory.account(customerId);
  if (!account?.open) return refuse('ACCOUNT_NOT_FOUND', `there is no account ${customerId}`);
  if (account.frozen) refuse('ACCOUNT_FROZEN', `account ${customerId} is frozen`);
}
