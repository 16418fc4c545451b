import { z } from 'zod';

/** An amount in integer minor units (cents) of one ISO 4217 currency. Never a float. */
export const Money = z.object({
  amount: z.int().min(-9_007_199_254_740_991),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR'),
});
export type Money = z.infer<typeof Money>;

/** A price, a deposit: zero or more. */
export const NonNegativeMoney = Money.refine((money) => money.amount >= 0, 'must not be negative');

/** Two currencies met where one was needed, or a sum left the safe integers. */
export class MoneyError extends Error {
  constructor(
    readonly code: 'CURRENCY_MISMATCH' | 'AMOUNT_OUT_OF_RANGE',
    message: string,
  ) {
    super(message);
    this.name = 'MoneyError';
  }
}

const exact = (amount: number): number => {
  if (!Number.isSafeInteger(amount)) throw new MoneyError('AMOUNT_OUT_OF_RANGE', 'the amount leaves the safe integers');
  return amount;
};

/** @throws MoneyError CURRENCY_MISMATCH, AMOUNT_OUT_OF_RANGE */
export function addMoney(a: Money, b: Money): Money {
  if (a.currency !== b.currency) {
    throw new MoneyError('CURRENCY_MISMATCH', `cannot add ${b.currency} to ${a.currency}`);
  }
  return { amount: exact(a.amount + b.amount), currency: a.currency };
}

/** @throws MoneyError AMOUNT_OUT_OF_RANGE */
export const multiplyMoney = (money: Money, factor: number): Money => ({
  amount: exact(money.amount * factor),
  currency: money.currency,
});

export const negateMoney = (money: Money): Money => ({ amount: 0 - money.amount, currency: money.currency });

export const sameMoney = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency;
