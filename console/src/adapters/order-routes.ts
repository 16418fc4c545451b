import { OrderId } from '@order-flow/contracts';
import type { EventLog } from '@order-flow/event-log';
import { type HttpApp, Problem, wholeNumber } from '@order-flow/service-kit';
import { z } from 'zod';
import { orderTimeline } from '../app/order-timeline.js';
import { Slots } from '../app/slots.js';
import type { OrderTimeline } from '../shapes.js';
import { parseInput, whileWanted } from './access.js';

const OPEN_TIMELINES = 8;
/** Offsets to look through in each topic. */
const BUDGET = { operator: 200_000, customer: 50_000 };

const OrderPath = z.object({ id: OrderId });
const TimelineQuery = z.strictObject({ before: wholeNumber().optional() });

/** One order's records over all topics: for operators, and for the customer whose order it is. */
export function orderRoutes(app: HttpApp, log: EventLog, stopping: AbortSignal): void {
  const timelines = new Slots(OPEN_TIMELINES, 'timelines');
  app.get('/api/orders/:id/timeline', async ({ caller, params, query }, reply): Promise<OrderTimeline> => {
    const { id: orderId } = parseInput(OrderPath, params);
    const { before } = parseInput(TimelineQuery, query);
    const operator = caller.role === 'operator';
    const budget = operator ? BUDGET.operator : BUDGET.customer;
    const search = { orderId, before, budget, deadLetters: operator };
    const { customerId, ...timeline } = await timelines.hold(() =>
      orderTimeline(log, search, whileWanted(reply, stopping)),
    );
    if (operator || customerId === caller.subject) return timeline;
    // Another customer's order is answered like one that does not exist; one that may lie further back can be looked for.
    if (customerId === undefined && timeline.before !== null) return { ...timeline, records: [] };
    throw new Problem(404, 'ORDER_NOT_FOUND', `there is no order ${orderId}`);
  });
}
