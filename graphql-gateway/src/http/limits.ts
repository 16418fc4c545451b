import { limitExceeded } from '../schema/graphql-errors.js';
import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { MAX_PAGE_SIZE, PAGE_SIZE } from '../read/keyset.js';

/** What one document may ask for. An introspection query passes. */
export const LIMITS = { depth: 16, cost: 5_000, aliases: 30, tokens: 2_000 } as const;

interface Weight {
  readonly depth: number;
  readonly cost: number;
  readonly aliases: number;
}

const nothing: Weight = { depth: 0, cost: 0, aliases: 0 };
/** Lists inside one object (an order's lines) count as this many. */
const LIST_FIELDS: Readonly<Record<string, number>> = { lines: 10, history: 10, balances: 3 };

const beside = (a: Weight, b: Weight): Weight => ({
  depth: Math.max(a.depth, b.depth),
  cost: a.cost + b.cost,
  aliases: a.aliases + b.aliases,
});

/** Variables are not known at validation, so one counts as the largest page. A negative number does not make room for more. */
function multiplier({ name, arguments: given = [] }: FieldNode): number {
  const first = given.find((argument) => argument.name.value === 'first');
  if (!first) return LIST_FIELDS[name.value] ?? (name.value === 'orders' || name.value === 'products' ? PAGE_SIZE : 1);
  return first.value.kind === Kind.INT
    ? Math.min(Math.max(Number(first.value.value), 0), MAX_PAGE_SIZE)
    : MAX_PAGE_SIZE;
}

/** Adds up a document; each fragment is weighed once, so nested spreads cannot make the weighing itself expensive. */
class Scales {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #weighed = new Map<string, Weight>();

  constructor(document: DocumentNode) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
  }

  weigh(selections: SelectionSetNode | undefined): Weight {
    return (selections?.selections ?? [])
      .map((selection) => {
        if (selection.kind === Kind.FIELD) return this.#field(selection);
        if (selection.kind === Kind.INLINE_FRAGMENT) return this.weigh(selection.selectionSet);
        return this.#fragment(selection.name.value);
      })
      .reduce(beside, nothing);
  }

  #field(field: FieldNode): Weight {
    const { depth, cost, aliases } = this.weigh(field.selectionSet);
    return { depth: depth + 1, cost: 1 + cost * multiplier(field), aliases: aliases + (field.alias ? 1 : 0) };
  }

  #fragment(name: string): Weight {
    const known = this.#weighed.get(name);
    if (known) return known;
    this.#weighed.set(name, nothing); // A cycle is another rule's error; here it must only end.
    const weight = this.weigh(this.#fragments.get(name)?.selectionSet);
    this.#weighed.set(name, weight);
    return weight;
  }
}

/** A validation rule, so that its verdict is cached with the document. */
export function documentLimits(context: ValidationContext): ASTVisitor {
  const document = context.getDocument();
  const scales = new Scales(document);
  return {
    OperationDefinition: ({ selectionSet }) => {
      const weight = scales.weigh(selectionSet);
      for (const measure of ['depth', 'cost', 'aliases'] as const) {
        if (weight[measure] <= LIMITS[measure]) continue;
        const code = `${measure.toUpperCase()}_LIMIT_EXCEEDED`;
        const message = `${measure} is ${weight[measure]}, at most ${LIMITS[measure]} is allowed`;
        context.reportError(limitExceeded(code, message));
      }
    },
  };
}
