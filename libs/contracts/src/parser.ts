import type { z } from 'zod';
import { fitting } from './fits.js';

export type Parser<Value> = (value: unknown) => z.ZodSafeParseResult<Value>;

/**
 * The schema's `safeParse`, which takes values that already are what the schema describes as they are, without a copy:
 * values just made from JSON, which nobody changes.
 */
export function parserOf<Value>(schema: z.ZodType<Value>): Parser<Value> {
  const fits = fitting(schema);
  if (!fits) return (value) => schema.safeParse(value);
  return (value) => (fits(value) ? { success: true, data: value as Value } : schema.safeParse(value));
}
