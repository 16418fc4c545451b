import type { z } from 'zod';

/** Whether a value is exactly what a schema describes: parsing it would give the same. False may also mean "not known". */
export type Fits = (value: unknown) => boolean;

type Definition<Kind extends z.core.$ZodTypes> = Kind['_zod']['def'];
type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** Formats that are their pattern and nothing else. */
const PATTERNS: ReadonlySet<string> = new Set(['regex', 'uuid', 'email', 'date', 'datetime']);

const both =
  (first: Fits, second: Fits): Fits =>
  (value) =>
    first(value) && second(value);

const or = (constant: null | undefined, test: Fits | undefined): Fits | undefined =>
  test && ((value) => value === constant || test(value));

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Undefined as soon as one of them is. */
function all(tests: readonly (Fits | undefined)[]): readonly Fits[] | undefined {
  const known = tests.filter((test) => test !== undefined);
  return known.length === tests.length ? known : undefined;
}

function pattern(definition: { readonly format?: string; readonly pattern?: RegExp | undefined }): Fits | undefined {
  const { format = '', pattern: expected } = definition;
  if (!expected || expected.global || expected.sticky || !PATTERNS.has(format)) return undefined;
  return (value) => expected.test(value as string);
}

function check({ _zod: { def } }: z.core.$ZodChecks): Fits | undefined {
  switch (def.check) {
    case 'min_length':
      return (value) => (value as string | unknown[]).length >= def.minimum;
    case 'max_length':
      return (value) => (value as string | unknown[]).length <= def.maximum;
    case 'greater_than':
      return (value) => (value as number) > (def.value as number) || (def.inclusive && value === def.value);
    case 'less_than':
      return (value) => (value as number) < (def.value as number) || (def.inclusive && value === def.value);
    case 'string_format':
      return pattern(def);
    default:
      return refinement(def);
  }
}

/** What `refine` was given. */
function refinement(definition: object): Fits | undefined {
  if (!('fn' in definition && typeof definition.fn === 'function')) return undefined;
  const holds = definition.fn as (value: unknown) => unknown;
  return (value) => holds(value) === true;
}

function text(definition: Definition<z.core.$ZodString> | Definition<z.core.$ZodStringFormat>): Fits | undefined {
  const isText: Fits = (value) => typeof value === 'string';
  if (!('format' in definition)) return isText;
  const matches = pattern(definition);
  return matches && both(isText, matches);
}

function object({ _zod: { def } }: z.core.$ZodObject): Fits | undefined {
  const shape: Shape = def.shape;
  const names = Object.keys(shape);
  const tests = all(names.map((name) => fitting(shape[name])));
  // What an object inherits would count as a member.
  if (!tests || names.some((name) => name in Object.prototype)) return undefined;
  const optional = names.map((name) => shape[name]?._zod.def.type === 'optional');
  return (value) => {
    if (!isPlain(value)) return false;
    let surplus = Object.keys(value).length;
    for (let index = 0; index < tests.length; index++) {
      const member = value[names[index] as string];
      if (member === undefined && optional[index]) continue;
      if (member === undefined || !tests[index]?.(member)) return false;
      surplus--;
    }
    // What the schema does not name would be taken away.
    return surplus === 0;
  };
}

function array({ _zod: { def } }: z.core.$ZodArray): Fits | undefined {
  const element = fitting(def.element);
  if (!element) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (const member of value as unknown[]) if (!element(member)) return false;
    return true;
  };
}

function record({ _zod: { def } }: z.core.$ZodRecord): Fits | undefined {
  const [key, member] = [fitting(def.keyType), fitting(def.valueType)];
  if (!key || !member || def.keyType._zod.def.type !== 'string') return undefined;
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name in value) if (name === '__proto__' || !key(name) || !member(value[name])) return false;
    return true;
  };
}

/** Of members that a discriminator tells apart: of others, one that fits less might come first and take something away. */
function union({ _zod: { def } }: z.core.$ZodUnion): Fits | undefined {
  const members = 'discriminator' in def ? all(def.options.map(fitting)) : undefined;
  return members && ((value) => members.some((fits) => fits(value)));
}

const oneOf = (values: readonly unknown[]): Fits => {
  const known = new Set(values);
  return (value) => known.has(value);
};

function ofType(schema: z.core.$ZodTypes): Fits | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case 'object':
      return object(schema as z.core.$ZodObject);
    case 'array':
      return array(schema as z.core.$ZodArray);
    case 'record':
      return record(schema as z.core.$ZodRecord);
    case 'union':
      return union(schema as z.core.$ZodUnion);
    case 'optional':
      return or(undefined, fitting(def.innerType));
    case 'nullable':
      return or(null, fitting(def.innerType));
    default:
      return scalar(def);
  }
}

function scalar(def: Definition<z.core.$ZodTypes>): Fits | undefined {
  switch (def.type) {
    case 'string':
      return text(def);
    case 'number':
      return 'format' in def ? (def.format === 'safeint' ? Number.isSafeInteger : undefined) : Number.isFinite;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'literal':
      return oneOf(def.values);
    case 'enum':
      return oneOf(Object.values(def.entries).filter((value) => typeof value === 'string'));
    case 'unknown':
      return () => true;
    default:
      return undefined;
  }
}

/** Schemas that are being looked at: one that contains itself is not known. */
const underWay = new Set<z.core.$ZodType>();

/**
 * A test for the values that a schema takes as they are, far cheaper than parsing: nothing is copied and nothing allocated.
 * It is never laxer than the schema; what it does not know (transforms, defaults, most unions), the schema must be asked.
 * @returns undefined when it knows nothing of the schema
 */
export function fitting(schema: z.core.$ZodType | undefined): Fits | undefined {
  if (!schema || underWay.has(schema)) return undefined;
  underWay.add(schema);
  const test = ofType(schema as z.core.$ZodTypes);
  underWay.delete(schema);
  const checks = all((schema._zod.def.checks ?? []).map((of) => check(of as z.core.$ZodChecks)));
  return test && checks?.reduce(both, test);
}
