import { z } from 'zod';
import type { GatewayClient } from '../orders/gateway-client.js';
import { NoSystem } from './system.js';

const CUSTOMERS =
  'ada bruno clara david elif farid greta hugo ines jonas kira liam mona nils olga pablo quinn rosa'.split(' ');
/** Have next to no money, and nobody gives them any. */
const POOR = ['sami', 'tessa'];
/** Rare goods, that the demo never receives again. */
const SCARCE = ['COFFEE-GEISHA', 'MACHINE-LEVER'];

const ENOUGH_MONEY = 10_000_00;
const DEPOSIT = { amount: 100_000_00, currency: 'EUR' };
/** Above this a product is too dear to be ordered often. */
const EVERYDAY_PRICE = 60_00;

/** Who orders what. */
export interface Shop {
  readonly customers: readonly string[];
  readonly poor: readonly string[];
  readonly everyday: readonly string[];
  readonly scarce: readonly string[];
}

const Products = z.object({
  products: z.object({
    edges: z.array(
      z.object({
        node: z.object({
          sku: z.string(),
          price: z.object({ amount: z.number() }).nullable(),
          available: z.number().nullable(),
          discontinued: z.boolean().nullable(),
        }),
      }),
    ),
  }),
});
const Accounts = z.record(
  z.string(),
  z.object({ id: z.string(), balances: z.array(z.object({ amount: z.number(), currency: z.string() })) }).nullable(),
);

/**
 * Looks at the demo shop, and has goods received and money deposited where earlier demos used them up.
 * @param orders that are to be possible
 * @throws NoSystem when the demo shop is not there
 */
export async function prepareShop(gateway: GatewayClient, orders: number): Promise<Shop> {
  const query = '{ products(first: 100) { edges { node { sku price { amount } available discontinued } } } }';
  const { products } = await gateway.execute(Products, query);
  const offered = products.edges.map(({ node }) => node).filter(({ discontinued }) => !discontinued);
  const everyday = offered.filter(
    ({ sku, price }) => !SCARCE.includes(sku) && (price?.amount ?? Infinity) < EVERYDAY_PRICE,
  );
  const customers = await accounts(gateway, CUSTOMERS);
  if (everyday.length === 0 || customers.length === 0)
    throw new NoSystem('The system has no demo shop; start it on an empty --data-dir without --no-seed');

  const perProduct = Math.ceil((orders * 6) / everyday.length) + 100;
  const short = everyday.filter(({ available }) => (available ?? 0) < perProduct);
  await Promise.all(short.map(({ sku }) => receiveStock(gateway, sku, perProduct * 2)));
  const broke = customers.filter(({ money }) => money < Math.max(ENOUGH_MONEY, (orders / customers.length) * 500_00));
  await Promise.all(broke.map(({ id }) => deposit(gateway, id)));
  return {
    customers: customers.map(({ id }) => id),
    poor: (await accounts(gateway, POOR)).map(({ id }) => id),
    everyday: everyday.map(({ sku }) => sku),
    scarce: offered.filter(({ sku }) => SCARCE.includes(sku)).map(({ sku }) => sku),
  };
}

async function accounts(gateway: GatewayClient, ids: readonly string[]): Promise<{ id: string; money: number }[]> {
  const fields = ids.map((id) => `${id}: account(id: "${id}") { id balances { amount currency } }`);
  const found = await gateway.execute(Accounts, `{ ${fields.join(' ')} }`);
  return Object.values(found).flatMap((account) => {
    if (!account) return [];
    const euros = account.balances.find(({ currency }) => currency === DEPOSIT.currency);
    return [{ id: account.id, money: euros?.amount ?? 0 }];
  });
}

const RECEIVE = `mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { ... on Error { code message } } }`;
const DEPOSIT_MONEY = `mutation ($input: DepositInput!) { deposit(input: $input) { ... on Error { code message } } }`;

const receiveStock = (gateway: GatewayClient, sku: string, quantity: number): Promise<unknown> =>
  gateway.execute(z.unknown(), RECEIVE, { input: { sku, quantity } });

const deposit = (gateway: GatewayClient, accountId: string): Promise<unknown> =>
  gateway.execute(z.unknown(), DEPOSIT_MONEY, { input: { accountId, amount: DEPOSIT } });
