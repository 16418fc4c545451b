import { accountEvents, inventoryEvents, orderEvents, paymentEvents } from '@order-flow/contracts';
import { map, ofType, topology } from '@order-flow/streams';
import { z } from 'zod';
import { close, CLOSING_HORIZON_MS, FORGET_EVERY_MS, forgetClosed } from '../domain/horizon.js';
import {
  Account,
  decidePayment,
  evolveAccount,
  NO_ACCOUNT,
  Payment,
  PaymentRequest,
} from '../domain/payment-ledger.js';

/** Captures an order's total from the customer's account once its stock is reserved, and gives it back on an undo. */
export const payment = topology('payment', (t) => {
  const accounts = t.store('accounts', Account);
  const payments = t.store('payments', Payment);
  const closings = t.store('closings', z.string());

  const requests = t.repartition('by-account', { schema: PaymentRequest, key: ({ customerId }) => customerId });
  t.from(inventoryEvents)
    .pipe(
      ofType('InventoryReserved'),
      map(({ data: { orderId, customerId, total } }): PaymentRequest => ({
        type: 'CapturePayment',
        orderId,
        customerId,
        amount: total,
      })),
    )
    .sendTo(requests);
  t.from(orderEvents)
    .pipe(
      ofType('OrderFailed', 'OrderCancellationRequested'),
      map(({ data: { orderId, customerId, total } }): PaymentRequest => ({
        type: 'RefundPayment',
        orderId,
        customerId,
        currency: total.currency,
      })),
    )
    .sendTo(requests);

  requests.stream
    .process('decide-payment', { accounts, payments, closings }, ({ key, value, timestamp }, stores) => {
      const paymentKey = `${key}/${value.orderId}`;
      const before = stores.accounts.get(key) ?? NO_ACCOUNT;
      const decision = decidePayment(value, before, stores.payments.get(paymentKey));
      if (decision.account !== before) stores.accounts.put(key, decision.account);
      if (decision.payment) stores.payments.put(paymentKey, decision.payment);
      if (decision.payment?.closed) close(stores.closings, timestamp, paymentKey);
      return decision.events;
    })
    .rekey(({ data }) => data.orderId)
    .to(paymentEvents, { id: ({ type }, { key }) => [key, type] });

  t.from(accountEvents, { sequenced: false }).process('move-money', { accounts }, ({ key, value }, stores) => {
    stores.accounts.put(key, evolveAccount(stores.accounts.get(key) ?? NO_ACCOUNT, value));
    return [];
  });

  t.every('forget-closed', FORGET_EVERY_MS, { payments, closings }, (now, stores) => {
    forgetClosed(stores.closings, now, CLOSING_HORIZON_MS, (key) => stores.payments.delete(key));
    return [];
  });
});
