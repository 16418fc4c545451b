import { z } from 'zod';

/** A whole number of a query, in digits: nothing at all is not 0, and `0x1` is not 1. */
export const wholeNumber = (min = 0, max = Number.MAX_SAFE_INTEGER) =>
  z.string().regex(/^\d+$/, `a whole number, ${min} to ${max}`).transform(Number).pipe(z.number().min(min).max(max));
