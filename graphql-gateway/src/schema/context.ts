import type { CustomerView, OrderView, ProductView } from '@order-flow/contracts';
import type { ServiceDirectory } from '@order-flow/coordination';
import type { Caller } from '@order-flow/service-kit';
import type { CommandClient } from '../commands/command-client.js';
import type { LiveModel } from '../live/live-model.js';
import { forbiddenError } from './graphql-errors.js';

/** What resolvers work with; one per gateway. */
export interface Gateway {
  readonly orders: LiveModel<OrderView>;
  readonly products: LiveModel<ProductView>;
  readonly customers: LiveModel<CustomerView>;
  readonly commands: CommandClient;
  readonly directory: ServiceDirectory;
  /** Milliseconds. */
  readonly readYourWritesMs: number;
}

/** One caller's request. */
export interface RequestContext {
  readonly gateway: Gateway;
  readonly caller: Caller;
  readonly authorization: string;
  readonly traceparent: string | undefined;
}

export const isOperator = ({ caller }: RequestContext): boolean => caller.role === 'operator';

/** Whether the caller may see what belongs to this customer. */
export const maySee = (context: RequestContext, customerId: string | null): boolean =>
  isOperator(context) || (customerId !== null && customerId === context.caller.subject);

/** @throws GraphQLError FORBIDDEN */
export function requireOperator(context: RequestContext): void {
  if (!isOperator(context)) throw forbiddenError('this needs an operator');
}

/**
 * Whose data a request is about: a customer's own, or whom an operator names, or everybody's.
 * @throws GraphQLError FORBIDDEN when a customer names another
 */
export function visibleCustomer(context: RequestContext, named: string | null | undefined): string | undefined {
  if (isOperator(context)) return named ?? undefined;
  if (named && named !== context.caller.subject) throw forbiddenError('a customer sees only their own orders');
  return context.caller.subject;
}
