import type { Money } from '@order-flow/contracts';
import { builder } from './builder.js';
import { Refusal, type RefusalType } from './refusal.js';
import { MoneyType } from './scalars.js';

const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  description: 'Why a mutation was not carried out. `code` is stable, `message` is for people.',
  fields: (t) => ({ code: t.exposeString('code'), message: t.exposeString('message') }),
});

const errorType = (name: RefusalType, description: string) =>
  builder.objectRef<Refusal>(name).implement({
    description,
    interfaces: [ErrorInterface],
    isTypeOf: (value) => value instanceof Refusal && value.type === name,
  });

const InputIssue = builder.objectRef<{ readonly path: string; readonly message: string }>('InputIssue').implement({
  fields: (t) => ({ path: t.exposeString('path'), message: t.exposeString('message') }),
});

export const PriceChangedError = errorType('PriceChangedError', 'The price differs from the one the customer saw.');
builder.objectFields(PriceChangedError, (t) => ({
  sku: t.id({ nullable: true, resolve: ({ details }) => details.sku }),
  expected: t.field({ type: MoneyType, nullable: true, resolve: ({ details }): Money | undefined => details.expected }),
  actual: t.field({ type: MoneyType, nullable: true, resolve: ({ details }): Money | undefined => details.actual }),
}));

const OutOfRangeError = errorType('OutOfRangeError', 'A quantity or an amount is outside what is possible.');
builder.objectField(OutOfRangeError, 'sku', (t) => t.id({ nullable: true, resolve: ({ details }) => details.sku }));

const NotFoundError = errorType('NotFoundError', 'It does not exist, or is not for the caller to see.');
builder.objectField(NotFoundError, 'sku', (t) => t.id({ nullable: true, resolve: ({ details }) => details.sku }));

const InvalidInputError = errorType('InvalidInputError', 'The input breaks a rule of its form.');
builder.objectField(InvalidInputError, 'issues', (t) =>
  t.field({ type: [InputIssue], resolve: ({ details }) => details.errors ?? [] }),
);

/** What every mutation may answer with instead of its aggregate. */
export const refusals = [
  OutOfRangeError,
  InvalidInputError,
  NotFoundError,
  errorType(
    'ConflictError',
    'The present state does not allow it, or the idempotency key came with another input before.',
  ),
  errorType('ForbiddenError', 'Not for this caller.'),
  errorType('UnavailableError', 'It may work later: send it again with the same idempotency key.'),
  errorType('RefusedError', 'Any other refusal.'),
];
