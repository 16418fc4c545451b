import {
  type OrderCommandData,
  type OrderDemand,
  type OrderDomainEvent,
  type OrderStatus,
  statusAfter,
} from '@order-flow/contracts';
import { type Decider, refuse } from './decider.js';

export type OrderCommand =
  | { readonly type: 'CreateOrder'; readonly demand: OrderDemand }
  | { readonly type: 'RequestOrderCancellation'; readonly orderId: string; readonly reason: string }
  | OrderCommandData;

export interface Order {
  /** null: there is no such order. */
  readonly status: OrderStatus | null;
  readonly demand: OrderDemand | null;
}

const OPEN: readonly OrderStatus[] = ['PENDING', 'RESERVED'];
const CANCELLABLE: readonly OrderStatus[] = ['PENDING', 'RESERVED', 'CONFIRMED'];

/** A step on the way that may come a little later, together with the next one; the others end something. */
export const canWait = ({ type }: OrderCommandData): boolean => type === 'MarkOrderStockReserved';

/** A command of the saga. It may find the order cancelled meanwhile: ORDER_CLOSED is then a normal outcome. */
function advance(command: OrderCommandData, status: OrderStatus, demand: OrderDemand): OrderDomainEvent[] {
  const { orderId, customerId } = demand;
  const closed = () => refuse('ORDER_CLOSED', `order ${orderId} is ${status}: ${command.type} comes too late`);
  switch (command.type) {
    case 'MarkOrderStockReserved':
      return status === 'PENDING' ? [{ type: 'OrderStockReserved', data: { orderId, customerId } }] : closed();
    case 'ConfirmOrder':
      return OPEN.includes(status) ? [{ type: 'OrderConfirmed', data: { orderId, customerId } }] : closed();
    case 'FailOrder': {
      if (!OPEN.includes(status)) return closed();
      const { reason, detail } = command.data;
      return [{ type: 'OrderFailed', data: { ...demand, reason, ...(detail === undefined ? {} : { detail }) } }];
    }
    case 'CompleteOrderCancellation':
      return status === 'CANCELLING' ? [{ type: 'OrderCancelled', data: { orderId, customerId } }] : closed();
  }
}

/** One order. It alone decides between confirmation, failure and cancellation. */
export const order: Decider<OrderCommand, OrderDomainEvent, Order> = {
  initialState: { status: null, demand: null },
  decide(command, { status, demand }) {
    if (command.type === 'CreateOrder') {
      if (status) refuse('ORDER_EXISTS', `order ${command.demand.orderId} exists already`);
      return [{ type: 'OrderCreated', data: command.demand }];
    }
    if (!status || !demand) return refuse('ORDER_NOT_FOUND', 'there is no such order');
    if (command.type !== 'RequestOrderCancellation') return advance(command, status, demand);
    if (status === 'CANCELLING' || status === 'CANCELLED') return [];
    if (!CANCELLABLE.includes(status)) {
      return refuse('ORDER_NOT_CANCELLABLE', `order ${demand.orderId} is ${status} and cannot be cancelled`, {
        status,
      });
    }
    return [{ type: 'OrderCancellationRequested', data: { ...demand, reason: command.reason } }];
  },
  evolve: (state, event) => ({
    status: statusAfter[event.type],
    demand: event.type === 'OrderCreated' ? event.data : state.demand,
  }),
};
