import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@order-flow/service-kit/testing';
import { nextOrder } from './order-mix.js';

const shop = { customers: ['ada', 'bruno'], poor: ['sami'], everyday: ['TEA-SENCHA', 'CUP-CUPPING'], scarce: ['RARE'] };
const many = (seed: number, from = shop) => {
  const random = seededRandom(seed);
  return Array.from({ length: 5_000 }, () => nextOrder(random, from));
};
const share = (count: number): number => count / 5_000;

describe('the mix of demo orders', () => {
  it('is the same for the same seed', () => expect(many(7)).toEqual(many(7)));

  it('holds some of everything that can happen, and mostly what goes well', () => {
    const orders = many(1);
    const poor = share(orders.filter(({ order }) => order.customerId === 'sami').length);
    const scarce = share(orders.filter(({ order }) => order.items.some(({ sku }) => sku === 'RARE')).length);
    const cancelled = share(orders.filter(({ cancelAfterMs }) => cancelAfterMs !== undefined).length);
    for (const each of [poor, scarce, cancelled]) {
      expect(each).toBeGreaterThan(0.03);
      expect(each).toBeLessThan(0.08);
    }
  });

  it('never names a product twice in one order', () => {
    for (const { order } of many(2)) {
      const skus = order.items.map(({ sku }) => sku);
      expect(new Set(skus).size).toBe(skus.length);
    }
  });

  it('does without rare goods and poor customers where there are none', () => {
    const orders = many(3, { ...shop, poor: [], scarce: [] });
    expect(orders.every(({ order }) => shop.customers.includes(order.customerId))).toBe(true);
  });
});
