import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { testDriver } from './test-driver.js';
import { built, type Input, inputLists, inputs, Model, type Plan, plans, results } from './testing/random-topology.js';

/** So that windows begin as they do in the model. */
const START = 2 ** 3 * 3 ** 2 * 5 * 7 * 11 * 13 * 17 * 19 * 100;

/** Stores that hold each key's state as the model does; those of windows and of repetitions forget by time. */
const comparable = ({ branches, tail }: Plan, store: string): boolean => {
  const [, branch = '', index = ''] = store.split('-');
  const steps = branch === 'tail' ? tail : branches[Number(branch)]?.steps;
  const op = steps?.[Number(index)]?.op;
  return op !== 'window' && op !== 'dedup';
};

function driven(plan: Plan, list: readonly Input[], restartAfterEveryRecord: boolean) {
  const driver = testDriver(built(plan), { restartAfterEveryRecord, startAt: START });
  for (const { type, key, n, after } of list) {
    driver.advance(after);
    driver.pipe(inputs, key, { type, data: { n } });
  }
  const events = driver.events(results);
  return {
    outputs: events.map(({ subject, data }) => [subject, data.n]),
    parked: driver.deadLetters().length,
    stores: Object.fromEntries(
      driver.topology.stores.filter(({ name }) => comparable(plan, name)).map(({ name }) => [name, driver.store(name)]),
    ),
    ids: events.map(({ id }) => id),
  };
}

describe('any topology of the built-in operators', () => {
  it('gives what a plain fold gives, and the same when it restarts after every record', () => {
    fc.assert(
      fc.property(plans, inputLists, (plan, list) => {
        const model = new Model(plan);
        for (const input of list) model.take(input);
        const { ids, ...once } = driven(plan, list, false);
        expect(once).toEqual({
          outputs: model.outputs,
          parked: model.parked,
          stores: Object.fromEntries(Object.keys(once.stores).map((name) => [name, model.store(name)])),
        });
        expect(driven(plan, list, true)).toEqual({ ids, ...once });
      }),
      { numRuns: 400 },
    );
  });
});
