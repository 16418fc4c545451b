import type { Money } from '@order-flow/contracts';
import { z } from 'zod';

export type RefusalType =
  | 'PriceChangedError'
  | 'OutOfRangeError'
  | 'InvalidInputError'
  | 'NotFoundError'
  | 'ConflictError'
  | 'ForbiddenError'
  | 'UnavailableError'
  | 'RefusedError';

/** Why a command was not carried out, as a typed result of its mutation. */
export class Refusal {
  constructor(
    readonly type: RefusalType,
    readonly code: string,
    readonly message: string,
    readonly details: RefusalDetails = {},
  ) {}
}

/** The members of the command service's problem+json that its codes bring along. */
const RefusalDetails = z.object({
  sku: z.string().optional().catch(undefined),
  expected: z.custom<Money>().optional(),
  actual: z.custom<Money>().optional(),
  errors: z
    .array(z.object({ path: z.string().default(''), message: z.string().default('') }))
    .optional()
    .catch(undefined),
});
type RefusalDetails = z.infer<typeof RefusalDetails>;

const typeOfCode: Readonly<Record<string, RefusalType>> = {
  PRICE_CHANGED: 'PriceChangedError',
  OUT_OF_RANGE: 'OutOfRangeError',
  INVALID_INPUT: 'InvalidInputError',
  DUPLICATE_LINE: 'InvalidInputError',
  CURRENCY_MISMATCH: 'InvalidInputError',
  ORDER_NOT_FOUND: 'NotFoundError',
  PRODUCT_NOT_FOUND: 'NotFoundError',
  ACCOUNT_NOT_FOUND: 'NotFoundError',
  ORDER_EXISTS: 'ConflictError',
  PRODUCT_EXISTS: 'ConflictError',
  ACCOUNT_EXISTS: 'ConflictError',
  ORDER_NOT_CANCELLABLE: 'ConflictError',
  ORDER_CLOSED: 'ConflictError',
  IDEMPOTENCY_CONFLICT: 'ConflictError',
  FORBIDDEN: 'ForbiddenError',
};

const ProblemAnswer = z.looseObject({ code: z.string(), detail: z.string() });

const typeOf = (status: number, code: string): RefusalType =>
  typeOfCode[code] ?? (status >= 500 ? 'UnavailableError' : 'RefusedError');

/** A problem+json answer of the command service as a typed result. */
export function asRefusal(status: number, body: unknown): Refusal {
  const problem = ProblemAnswer.safeParse(body);
  if (!problem.success) return new Refusal('UnavailableError', 'BAD_GATEWAY', `the command service answered ${status}`);
  const { code, detail } = problem.data;
  return new Refusal(typeOf(status, code), code, detail, RefusalDetails.parse(body));
}
