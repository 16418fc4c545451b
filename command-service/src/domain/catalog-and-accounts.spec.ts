import { describe, expect, it } from '@jest/globals';
import type { AccountDomainEvent, CatalogDomainEvent } from '@order-flow/contracts';
import fc from 'fast-check';
import { specificationOf } from '../testing/decider-specification.js';
import { account } from './account.js';
import type { CommandRefused } from './decider.js';
import { priceOrder } from './pricing.js';
import { product } from './product.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('a product', () => {
  const given = specificationOf(product);
  const details = { sku: 'TEA', name: 'Tea', description: '', category: 'Tea', price: eur(500) };
  const added: CatalogDomainEvent = { type: 'ProductAdded', data: details };
  const discontinued: CatalogDomainEvent = { type: 'ProductDiscontinued', data: { sku: 'TEA' } };
  const changePrice = (price: { amount: number; currency: string }) =>
    ({ type: 'ChangePrice', sku: 'TEA', price }) as const;

  it('is added once, with what is on hand', () => {
    given()
      .when({ type: 'AddProduct', ...details, stock: 7 })
      .then(added, { type: 'StockReceived', data: { sku: 'TEA', quantity: 7 } });
    given(added)
      .when({ type: 'AddProduct', ...details, stock: 0 })
      .thenRefused('PRODUCT_EXISTS');
  });

  it('changes its price, and not to the same one or another currency', () => {
    given(added)
      .when(changePrice(eur(600)))
      .then({ type: 'PriceChanged', data: { sku: 'TEA', price: eur(600), previous: eur(500) } });
    given(added)
      .when(changePrice(eur(500)))
      .thenNothing();
    given(added)
      .when(changePrice({ amount: 1, currency: 'USD' }))
      .thenRefused('CURRENCY_MISMATCH');
  });

  it('receives and adjusts stock while it is sold', () => {
    given(added)
      .when({ type: 'ReceiveStock', sku: 'TEA', quantity: 3 })
      .then({ type: 'StockReceived', data: { sku: 'TEA', quantity: 3 } });
    given(added, discontinued)
      .when({ type: 'ReceiveStock', sku: 'TEA', quantity: 3 })
      .thenRefused('PRODUCT_DISCONTINUED');
    given().when({ type: 'ReceiveStock', sku: 'TEA', quantity: 3 }).thenRefused('PRODUCT_NOT_FOUND');
  });
});

describe('an account', () => {
  const given = specificationOf(account);
  const opened: AccountDomainEvent = {
    type: 'AccountOpened',
    data: { accountId: 'alice', name: 'Alice', email: null },
  };
  const frozen: AccountDomainEvent = { type: 'AccountFrozen', data: { accountId: 'alice', reason: 'review' } };

  it('is opened once, and takes money after that', () => {
    given().when({ type: 'OpenAccount', accountId: 'alice', name: 'Alice', email: null }).then(opened);
    given(opened)
      .when({ type: 'OpenAccount', accountId: 'alice', name: 'Alice', email: null })
      .thenRefused('ACCOUNT_EXISTS');
    given()
      .when({ type: 'DepositFunds', accountId: 'alice', amount: eur(1) })
      .thenRefused('ACCOUNT_NOT_FOUND');
    given(opened)
      .when({ type: 'DepositFunds', accountId: 'alice', amount: eur(1) })
      .then({ type: 'FundsDeposited', data: { accountId: 'alice', amount: eur(1) } });
  });

  it('takes no more money of a currency than can be counted exactly', () => {
    const most = eur(Number.MAX_SAFE_INTEGER);
    const deposited: AccountDomainEvent = { type: 'FundsDeposited', data: { accountId: 'alice', amount: most } };
    const deposit = (amount: ReturnType<typeof eur>) => ({ type: 'DepositFunds', accountId: 'alice', amount }) as const;
    given(opened).when(deposit(most)).then(deposited);
    given(opened, deposited)
      .when(deposit(eur(1)))
      .thenRefused('OUT_OF_RANGE');
    const dollar = { amount: 1, currency: 'USD' };
    given(opened, deposited)
      .when(deposit(dollar))
      .then({ type: 'FundsDeposited', data: { accountId: 'alice', amount: dollar } });
  });

  it('is frozen and unfrozen once', () => {
    given(opened).when({ type: 'FreezeAccount', accountId: 'alice', reason: 'review' }).then(frozen);
    given(opened, frozen).when({ type: 'FreezeAccount', accountId: 'alice', reason: 'again' }).thenNothing();
    given(opened, frozen)
      .when({ type: 'UnfreezeAccount', accountId: 'alice' })
      .then({ type: 'AccountUnfrozen', data: { accountId: 'alice' } });
    given(opened).when({ type: 'UnfreezeAccount', accountId: 'alice' }).thenNothing();
  });
});

describe('pricing an order', () => {
  const shop = (sku: string) =>
    ({
      TEA: { name: 'Tea', price: eur(500), discontinued: false },
      CUP: { name: 'Cup', price: eur(1_250), discontinued: false },
      OLD: { name: 'Old', price: eur(1), discontinued: true },
      USD: { name: 'Import', price: { amount: 1, currency: 'USD' }, discontinued: false },
      GOLD: { name: 'Gold', price: eur(Number.MAX_SAFE_INTEGER), discontinued: false },
    })[sku];
  const refusalOf = (...items: Parameters<typeof priceOrder>[0]) => {
    try {
      priceOrder(items, shop);
      return undefined;
    } catch (error) {
      return (error as CommandRefused).code;
    }
  };

  it('takes every price from the price book', () => {
    expect(
      priceOrder(
        [
          { sku: 'TEA', quantity: 3 },
          { sku: 'CUP', quantity: 2, expectedPrice: eur(1_250) },
        ],
        shop,
      ),
    ).toEqual({
      lines: [
        { sku: 'TEA', name: 'Tea', quantity: 3, unitPrice: eur(500) },
        { sku: 'CUP', name: 'Cup', quantity: 2, unitPrice: eur(1_250) },
      ],
      total: eur(4_000),
    });
  });

  it('adds up exactly, whatever is ordered', () => {
    const quantities = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }));
    fc.assert(
      fc.property(quantities, ([tea, cups]) => {
        const { total } = priceOrder(
          [
            { sku: 'TEA', quantity: tea },
            { sku: 'CUP', quantity: cups },
          ],
          shop,
        );
        expect(total.amount).toBe(tea * 500 + cups * 1_250);
      }),
    );
  });

  it('refuses what cannot be ordered', () => {
    expect(refusalOf({ sku: 'GHOST', quantity: 1 })).toBe('PRODUCT_NOT_FOUND');
    expect(refusalOf({ sku: 'OLD', quantity: 1 })).toBe('PRODUCT_DISCONTINUED');
    expect(refusalOf({ sku: 'TEA', quantity: 1 }, { sku: 'TEA', quantity: 2 })).toBe('DUPLICATE_LINE');
    expect(refusalOf({ sku: 'TEA', quantity: 1, expectedPrice: eur(1) })).toBe('PRICE_CHANGED');
    expect(refusalOf({ sku: 'TEA', quantity: 1 }, { sku: 'USD', quantity: 1 })).toBe('CURRENCY_MISMATCH');
    expect(refusalOf({ sku: 'GOLD', quantity: 2 })).toBe('OUT_OF_RANGE');
  });
});
