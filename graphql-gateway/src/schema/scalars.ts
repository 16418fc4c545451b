import type { Money } from '@order-flow/contracts';
import { z } from 'zod';
import { builder } from './builder.js';
import { invalidArgument } from './graphql-errors.js';

const Instant = z.iso.datetime({ offset: true });

builder.scalarType('DateTime', {
  description: 'An instant, ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z; answers are in UTC.',
  serialize: (value) => value,
  parseValue: (value) => {
    const parsed = Instant.safeParse(value);
    if (!parsed.success) throw invalidArgument('a DateTime is ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z');
    return new Date(parsed.data).toISOString();
  },
});

builder.scalarType('MinorUnits', {
  description: 'An amount of money in whole minor units (cents). A JSON number within ±(2^53 − 1), so beyond Int.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (!Number.isSafeInteger(value)) throw invalidArgument('MinorUnits is an integer within ±(2^53 − 1)');
    return value as number;
  },
});

export const MoneyType = builder.objectRef<Money>('Money').implement({
  fields: (t) => ({
    amount: t.expose('amount', { type: 'MinorUnits', description: 'minor units, never a fraction' }),
    currency: t.exposeString('currency', { description: 'ISO 4217, such as EUR' }),
  }),
});

export const MoneyInput = builder.inputType('MoneyInput', {
  fields: (t) => ({
    amount: t.field({ type: 'MinorUnits', required: true, description: 'minor units' }),
    currency: t.string({ required: true, description: 'ISO 4217, such as EUR' }),
  }),
});
