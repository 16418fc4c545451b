import { type AccountEvent, AccountId, addMoney, Money, OrderId, type PaymentDomainEvent } from '@order-flow/contracts';
import { z } from 'zod';

/** To the slice that keeps an account. */
export const PaymentRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('CapturePayment'), orderId: OrderId, customerId: AccountId, amount: Money }),
  z.object({ type: z.literal('RefundPayment'), orderId: OrderId, customerId: AccountId, currency: z.string() }),
]);
export type PaymentRequest = z.infer<typeof PaymentRequest>;

/** One account's money by currency, in minor units. */
export const Account = z.object({ open: z.boolean(), frozen: z.boolean(), balances: z.record(z.string(), z.int()) });
export type Account = z.infer<typeof Account>;

/** What one order has had from an account; kept under `<account>/<order id>`. */
export const Payment = z.object({ captured: Money.nullable(), answered: z.boolean(), closed: z.boolean() });
export type Payment = z.infer<typeof Payment>;

export const NO_ACCOUNT: Account = { open: false, frozen: false, balances: {} };

export interface PaymentDecision {
  readonly account: Account;
  readonly payment?: Payment;
  readonly events: readonly PaymentDomainEvent[];
}

const balance = (account: Account, currency: string): number => account.balances[currency] ?? 0;

/** @throws MoneyError AMOUNT_OUT_OF_RANGE */
function move(account: Account, money: Money): Account {
  const { currency } = money;
  const { amount } = addMoney({ amount: balance(account, currency), currency }, money);
  return { ...account, balances: { ...account.balances, [currency]: amount } };
}

function refusal(account: Account, { amount, currency }: Money) {
  if (!account.open) return 'ACCOUNT_UNKNOWN';
  if (account.frozen) return 'ACCOUNT_FROZEN';
  if (balance(account, currency) >= amount) return undefined;
  const others = Object.keys(account.balances);
  return others.length > 0 && !others.includes(currency) ? 'CURRENCY_MISMATCH' : 'INSUFFICIENT_FUNDS';
}

/** Total: a new request or undo is answered by exactly one event, a repeated one by none. */
export function decidePayment(
  request: PaymentRequest,
  account: Account,
  payment: Payment | undefined,
): PaymentDecision {
  return request.type === 'CapturePayment' ? capture(request, account, payment) : refund(request, account, payment);
}

function capture(
  { orderId, customerId, amount }: Extract<PaymentRequest, { type: 'CapturePayment' }>,
  account: Account,
  payment: Payment | undefined,
): PaymentDecision {
  if (payment?.answered) return { account, events: [] };
  const reason = payment?.closed ? 'ORDER_CLOSED' : refusal(account, amount);
  const remembered = { captured: reason ? null : amount, answered: true, closed: payment?.closed ?? false };
  const data = { orderId, customerId, amount };
  if (reason) return { account, payment: remembered, events: [{ type: 'PaymentDeclined', data: { ...data, reason } }] };
  const paid = move(account, { ...amount, amount: -amount.amount });
  return { account: paid, payment: remembered, events: [{ type: 'PaymentCaptured', data }] };
}

function refund(
  { orderId, customerId, currency }: Extract<PaymentRequest, { type: 'RefundPayment' }>,
  account: Account,
  payment: Payment | undefined,
): PaymentDecision {
  if (payment?.closed) return { account, events: [] };
  const amount = payment?.captured ?? { amount: 0, currency };
  return {
    account: amount.amount > 0 ? move(account, amount) : account,
    payment: { captured: null, answered: payment?.answered ?? false, closed: true },
    events: [{ type: 'PaymentRefunded', data: { orderId, customerId, amount } }],
  };
}

/** What happened to the account itself. @throws MoneyError AMOUNT_OUT_OF_RANGE for a deposit that no balance can hold */
export function evolveAccount(account: Account, event: AccountEvent): Account {
  switch (event.type) {
    case 'AccountOpened':
      return { ...account, open: true };
    case 'FundsDeposited':
      return move(account, event.data.amount);
    case 'AccountFrozen':
      return { ...account, frozen: true };
    case 'AccountUnfrozen':
      return { ...account, frozen: false };
  }
}
