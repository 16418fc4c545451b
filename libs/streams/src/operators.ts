import { filter as rxFilter, map as rxMap, Observable, type OperatorFunction, tap as rxTap } from 'rxjs';
import type { Rec } from './record.js';

declare const statelessBrand: unique symbol;

/**
 * An RxJS operator on records that is synchronous, keeps the order and keeps nothing between records. Whatever must be
 * remembered belongs in a store: it would be lost at a restart here.
 */
export type StatelessOperator<In, Out> = OperatorFunction<Rec<In>, Rec<Out>> & { readonly [statelessBrand]: true };

/** Vouches that an RxJS operator is synchronous, keeps the order and keeps nothing between records. */
export const stateless = <In, Out>(operator: OperatorFunction<Rec<In>, Rec<Out>>): StatelessOperator<In, Out> =>
  operator as StatelessOperator<In, Out>;

/** Each value becomes another. */
export const map = <In, Out>(project: (value: In, record: Rec<In>) => Out): StatelessOperator<In, Out> =>
  stateless(rxMap((record) => ({ ...record, value: project(record.value, record) })));

/** Keeps the records whose value passes. */
export const filter = <In>(predicate: (value: In, record: Rec<In>) => boolean): StatelessOperator<In, In> =>
  stateless(rxFilter((record) => predicate(record.value, record)));

/** Keeps events of the named types, and narrows to them. */
export const ofType = <In extends { readonly type: string }, Type extends In['type']>(
  ...types: readonly Type[]
): StatelessOperator<In, Extract<In, { readonly type: Type }>> => {
  const wanted = new Set<string>(types);
  return stateless(
    rxFilter((record): record is Rec<Extract<In, { readonly type: Type }>> => wanted.has(record.value.type)),
  );
};

/** Like RxJS mergeMap to arrays, without an inner observable for each record. */
export const flattenRecords =
  <In, Out>(project: (record: Rec<In>) => readonly Rec<Out>[]): OperatorFunction<Rec<In>, Rec<Out>> =>
  (source) =>
    new Observable((subscriber) =>
      source.subscribe({
        next: (record) => {
          let outputs: readonly Rec<Out>[];
          try {
            outputs = project(record);
          } catch (error) {
            subscriber.error(error);
            return;
          }
          for (const output of outputs) subscriber.next(output);
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );

/** The same for values that stay with the record's key and time. */
const flatten = <In, Out>(project: (record: Rec<In>) => readonly Out[]): OperatorFunction<Rec<In>, Rec<Out>> =>
  flattenRecords((record) => withValues(record, project(record)));

/** The record once for each value. */
export function withValues<Out>({ key, timestamp, cause }: Rec, values: readonly Out[]): Rec<Out>[] {
  return values.map((value) => ({ key, value, timestamp, cause }));
}

/** Each value becomes none, one or several, in order. */
export const flatMap = <In, Out>(project: (value: In, record: Rec<In>) => readonly Out[]): StatelessOperator<In, Out> =>
  stateless(flatten((record) => project(record.value, record)));

/** Looks at each value; must not change anything that matters after a restart. */
export const tap = <In>(look: (value: In, record: Rec<In>) => void): StatelessOperator<In, In> =>
  stateless(rxTap((record) => look(record.value, record)));
