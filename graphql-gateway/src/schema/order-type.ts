import { FAILURE_REASONS, ORDER_STATUSES, type OrderLine, type OrderView } from '@order-flow/contracts';
import { OrderNode } from './aggregate.js';
import { builder } from './builder.js';
import type { RequestContext } from './context.js';
import { MoneyType } from './scalars.js';

export const OrderStatusType = builder.enumType('OrderStatus', { values: ORDER_STATUSES });
const FailureReasonType = builder.enumType('FailureReason', { values: FAILURE_REASONS });
const ReservationStatus = builder.enumType('ReservationStatus', {
  values: ['RESERVED', 'FAILED', 'RELEASED'] as const,
});
const PaymentStatus = builder.enumType('PaymentStatus', { values: ['CAPTURED', 'DECLINED', 'REFUNDED'] as const });

const OrderLineType = builder.objectRef<OrderLine>('OrderLine').implement({
  fields: (t) => ({
    sku: t.exposeID('sku'),
    name: t.exposeString('name'),
    quantity: t.exposeInt('quantity'),
    unitPrice: t.expose('unitPrice', { type: MoneyType }),
  }),
});

const ReservationType = builder.objectRef<NonNullable<OrderView['reservation']>>('Reservation').implement({
  fields: (t) => ({
    status: t.expose('status', { type: ReservationStatus }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
});

const OrderPaymentType = builder.objectRef<NonNullable<OrderView['payment']>>('OrderPayment').implement({
  fields: (t) => ({
    status: t.expose('status', { type: PaymentStatus }),
    amount: t.expose('amount', { type: MoneyType }),
    reason: t.expose('reason', { type: FailureReasonType, nullable: true }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
});

const StatusChangeType = builder.objectRef<OrderView['history'][number]>('StatusChange').implement({
  fields: (t) => ({
    status: t.expose('status', { type: OrderStatusType }),
    version: t.exposeInt('version'),
    at: t.expose('at', { type: 'DateTime' }),
  }),
});

const from =
  <V>(pick: (view: OrderView) => V) =>
  async (order: OrderNode, _args: object, context: RequestContext): Promise<V | undefined> => {
    const view = await order.view(context);
    return view ? pick(view) : undefined;
  };

export const OrderType = builder.objectRef<OrderNode>('Order').implement({
  isTypeOf: (value) => value instanceof OrderNode,
  description:
    'An order. `id`, `status` and `version` are known at once; the rest is null until the read model has it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    status: t.field({ type: OrderStatusType, resolve: (order, _args, context) => order.status(context) }),
    version: t.int({
      description: "the order stream's revision + 1",
      resolve: (order, _args, context) => order.version(context),
    }),
    revision: t.int({
      nullable: true,
      description: 'grows with every write of the read model; what subscriptions de-duplicate by',
      resolve: from((view) => view.revision),
    }),
    customerId: t.id({ nullable: true, resolve: from((view) => view.customerId) }),
    lines: t.field({
      type: [OrderLineType],
      nullable: true,
      resolve: from((view) => view.lines),
    }),
    total: t.field({
      type: MoneyType,
      nullable: true,
      resolve: from((view) => view.total),
    }),
    reason: t.field({
      type: FailureReasonType,
      nullable: true,
      resolve: from((view) => view.reason),
    }),
    detail: t.string({ nullable: true, resolve: from((view) => view.detail) }),
    placedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: from((view) => view.placedAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: from((view) => view.updatedAt),
    }),
    reservation: t.field({
      type: ReservationType,
      nullable: true,
      resolve: from((view) => view.reservation),
    }),
    payment: t.field({
      type: OrderPaymentType,
      nullable: true,
      resolve: from((view) => view.payment),
    }),
    history: t.field({
      type: [StatusChangeType],
      nullable: true,
      resolve: from((view) => view.history),
    }),
  }),
});
