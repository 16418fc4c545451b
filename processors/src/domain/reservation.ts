import { type FailureReason, type InventoryDomainEvent, OrderDemand, Sku, StockLine } from '@order-flow/contracts';
import { z } from 'zod';
import type { StockReply, StockRequest } from './stock-ledger.js';

const Shortage = z.object({ sku: Sku, requested: z.int(), available: z.int(), known: z.boolean() });

/** One order's reservation, on its way or decided. */
export const Reservation = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('gathering'),
    demand: OrderDemand,
    held: z.array(StockLine),
    short: z.array(Shortage),
    /** The order was closed meanwhile: everything held goes back when the last reply is in. */
    undone: z.boolean(),
  }),
  z.object({ phase: z.literal('reserved'), held: z.array(StockLine) }),
  z.object({ phase: z.literal('failed') }),
  /** Undone. `answered` says whether its request was answered, for the undo may overtake it. */
  z.object({ phase: z.literal('closed'), answered: z.boolean() }),
]);
export type Reservation = z.infer<typeof Reservation>;
type Gathering = Extract<Reservation, { phase: 'gathering' }>;

export interface ReservationDecision {
  /** undefined: unchanged. */
  readonly next?: Reservation;
  readonly outputs: readonly (InventoryDomainEvent | StockRequest)[];
}

const UNCHANGED: ReservationDecision = { outputs: [] };

const failed = (
  { orderId, customerId }: Pick<OrderDemand, 'orderId' | 'customerId'>,
  reason: FailureReason,
  short: readonly z.infer<typeof Shortage>[] = [],
): InventoryDomainEvent => ({
  type: 'InventoryReservationFailed',
  data: {
    orderId,
    customerId,
    reason,
    shortages: short.map(({ sku, requested, available }) => ({ sku, requested, available })),
  },
});

const released = (orderId: string, lines: readonly StockLine[]): InventoryDomainEvent => ({
  type: 'InventoryReleased',
  data: { orderId, lines: [...lines] },
});

const giveBack = (orderId: string, lines: readonly StockLine[]): StockRequest[] =>
  lines.map(({ sku }) => ({ type: 'ReleaseStock', orderId, sku }));

/** An order was placed: asks for each line, unless the order was closed before its request arrived. */
export function requestReservation(demand: OrderDemand, current: Reservation | undefined): ReservationDecision {
  if (current?.phase === 'closed' && !current.answered) {
    return { next: { phase: 'closed', answered: true }, outputs: [failed(demand, 'ORDER_CLOSED')] };
  }
  if (current) return UNCHANGED;
  return {
    next: { phase: 'gathering', demand, held: [], short: [], undone: false },
    outputs: demand.lines.map(({ sku, quantity }) => ({
      type: 'ReserveStock',
      orderId: demand.orderId,
      sku,
      quantity,
    })),
  };
}

/** A SKU answered. The last answer decides: all lines held, or none. */
export function gatherReply(reply: StockReply, current: Reservation | undefined): ReservationDecision {
  if (current?.phase !== 'gathering') return UNCHANGED;
  const seen = [...current.held, ...current.short].some(({ sku }) => sku === reply.sku);
  if (seen) return UNCHANGED;
  const gathered: Gathering =
    reply.type === 'StockHeld'
      ? { ...current, held: [...current.held, { sku: reply.sku, quantity: reply.quantity }] }
      : { ...current, short: [...current.short, reply] };
  const complete = gathered.held.length + gathered.short.length === gathered.demand.lines.length;
  return complete ? decideReservation(gathered) : { next: gathered, outputs: [] };
}

function decideReservation({ demand, held, short, undone }: Gathering): ReservationDecision {
  const { orderId } = demand;
  if (undone) {
    return {
      next: { phase: 'closed', answered: true },
      outputs: [...giveBack(orderId, held), failed(demand, 'ORDER_CLOSED'), released(orderId, [])],
    };
  }
  if (short.length > 0) {
    const reason = short.some(({ known }) => !known) ? 'UNKNOWN_SKU' : 'OUT_OF_STOCK';
    return { next: { phase: 'failed' }, outputs: [...giveBack(orderId, held), failed(demand, reason, short)] };
  }
  return { next: { phase: 'reserved', held }, outputs: [{ type: 'InventoryReserved', data: demand }] };
}

/** The order failed or is being cancelled: gives back what it holds, and answers exactly once. */
export function undoReservation(orderId: string, current: Reservation | undefined): ReservationDecision {
  switch (current?.phase) {
    case undefined:
      return { next: { phase: 'closed', answered: false }, outputs: [released(orderId, [])] };
    case 'gathering':
      return { next: { ...current, undone: true }, outputs: [] };
    case 'reserved':
      return {
        next: { phase: 'closed', answered: true },
        outputs: [...giveBack(orderId, current.held), released(orderId, current.held)],
      };
    case 'failed':
      return { next: { phase: 'closed', answered: true }, outputs: [released(orderId, [])] };
    case 'closed':
      return UNCHANGED;
  }
}
