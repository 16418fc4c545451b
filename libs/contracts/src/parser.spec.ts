import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import { fitting } from './fits.js';
import { parserOf } from './index.js';

/** A schema, and values for it: some fit, some nearly. */
interface Sample {
  readonly schema: z.ZodType;
  readonly value: fc.Arbitrary<unknown>;
}

const number = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(0.5, -0, 2 ** 53, 1e308));
const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('AB', 'ab', '2026-01-31T12:00:07.123Z', '2026-01-31'),
);
const isUpper = (of: string): boolean => of === of.toUpperCase();

const leaves: readonly Sample[] = [
  { schema: z.string(), value: text },
  { schema: z.string().min(1).max(3), value: text },
  { schema: z.string().regex(/^[A-Z]{2}$/), value: text },
  { schema: z.string().refine(isUpper), value: text },
  { schema: z.uuid(), value: fc.oneof(fc.uuid(), text) },
  { schema: z.iso.datetime(), value: text },
  { schema: z.int(), value: number },
  { schema: z.int().min(0).max(9), value: number },
  { schema: z.number().gt(0).lt(10), value: number },
  { schema: z.boolean(), value: fc.boolean() },
  { schema: z.literal(['1.0', 2]), value: fc.constantFrom('1.0', 2, '2', null) },
  { schema: z.enum(['a', 'b']), value: fc.constantFrom('a', 'b', 'c', 'constructor') },
  { schema: z.unknown(), value: fc.jsonValue({ maxDepth: 1 }) },
];

/** Names that an object has anyway, too. */
const name = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__');

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('sample').map(({ schema, value }) => ({
      schema: z.array(schema).min(1).max(2),
      value: fc.array(value, { maxLength: 3 }),
    })),
    tie('sample').map(({ schema, value }) => ({ schema: schema.nullable(), value: fc.option(value) })),
    tie('sample').map(({ schema, value }) => ({
      schema: z.record(z.string().max(9), schema),
      value: fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
    })),
    fc.tuple(tie('sample'), tie('sample')).map(([a, b]) => ({
      schema: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), of: a.schema }),
        z.object({ kind: z.enum(['b', 'c']), of: b.schema, more: z.int().optional() }),
      ]),
      value: fc.oneof(
        fc.record({ kind: fc.constantFrom('a', 'b'), of: a.value }, { noNullPrototype: true }),
        fc.record(
          { kind: fc.constantFrom('b', 'c', 'd'), of: b.value, more: fc.constant(1) },
          { noNullPrototype: true },
        ),
      ),
    })),
    fc.dictionary(name, fc.tuple(tie('sample'), fc.boolean()), { maxKeys: 4, noNullPrototype: true }).map((members) => {
      const fields = Object.entries(members).filter(([key]) => key !== '__proto__');
      return {
        schema: z.object(
          Object.fromEntries(
            fields.map(([key, [{ schema }, optional]]) => [key, optional ? schema.optional() : schema]),
          ),
        ),
        value: fc.record(
          { ...Object.fromEntries(fields.map(([key, [{ value }]]) => [key, value])), extra: fc.constant(1) },
          { requiredKeys: [], noNullPrototype: true },
        ),
      };
    }),
  ),
}));

/** The sample's own values mostly; sometimes any. */
const cases = sample.chain(({ schema, value }) =>
  fc
    .oneof({ weight: 5, arbitrary: value }, fc.jsonValue({ maxDepth: 2 }))
    .map((of) => ({ schema, value: JSON.parse(JSON.stringify(of)) as unknown })),
);

const Folder = z.object({
  get in() {
    return Folder.optional();
  },
});

describe('a parser', () => {
  it('answers what the schema answers', () => {
    const taken = { short: 0, long: 0, refused: 0 };
    fc.assert(
      fc.property(cases, ({ schema, value }) => {
        const expected = schema.safeParse(value);
        const answer = parserOf(schema)(value);
        expect(answer).toEqual(expected);
        if (!answer.success) taken.refused++;
        else if (answer.data === value && typeof value === 'object') taken.short++;
        else taken.long++;
      }),
      { numRuns: 3_000 },
    );
    // The property would hold of a parser that always asks the schema, and of samples that never fit.
    expect(Math.min(...Object.values(taken))).toBeGreaterThan(100);
  });

  it('takes a value that fits as it is, and others as the schema makes them', () => {
    const parse = parserOf(z.object({ a: z.int(), b: z.string().optional() }));
    const fits = { a: 1 };
    expect(parse(fits).data).toBe(fits);
    expect(parse({ a: 1, more: true }).data).toEqual({ a: 1 });
    expect(parse({ a: '1' }).error?.issues[0]?.path).toEqual(['a']);
  });

  it.each<[string, z.ZodType, unknown, unknown]>([
    ['what contains itself', Folder, { in: { in: {} } }, { in: { in: {} } }],
    ['defaults', z.object({ a: z.int().default(7) }), {}, { a: 7 }],
    ['transforms', z.string().transform((of) => of.length), 'abc', 3],
    ['trimming', z.string().trim(), ' a ', 'a'],
    ['coercion', z.coerce.number(), '7', 7],
    [
      'unions, whose first member may take something away',
      z.union([z.object({}), z.object({ a: z.int() })]),
      { a: 1 },
      {},
    ],
    ['loose objects', z.looseObject({ a: z.int() }), { a: 1, b: 2 }, { a: 1, b: 2 }],
  ])('leaves %s to the schema', (_what, schema, value, expected) => {
    expect(parserOf(schema)(value)).toEqual({ success: true, data: expected });
  });

  it.each<[string, z.ZodType, unknown]>([
    ['a member too few beside one too many', z.object({ a: z.unknown() }), { extra: 1 }],
    ['formats that are more than a pattern', z.base64url(), 'A'],
    ['records of names that must all be there', z.record(z.enum(['a', 'b']), z.int()), { a: 1 }],
  ])('leaves %s to the schema, which refuses', (_what, schema, value) => {
    expect(parserOf(schema)(value).success).toBe(false);
  });

  it('never runs a pattern that remembers where it was', () => {
    expect(fitting(z.string().regex(/a/g))).toBeUndefined();
  });
});
