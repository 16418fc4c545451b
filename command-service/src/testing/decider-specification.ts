import { expect } from '@jest/globals';
import { CommandRefused, type Decider, type RefusalCode } from '../domain/decider.js';

/** Given these events, when this command, then these events or this refusal. */
export const specificationOf =
  <Command, Event, State>(decider: Decider<Command, Event, State>) =>
  (...given: readonly Event[]) => ({
    when: (command: Command) => {
      const state = given.reduce(decider.evolve, decider.initialState);
      return {
        then: (...events: readonly Event[]) => expect(decider.decide(command, state)).toEqual(events),
        thenNothing: () => expect(decider.decide(command, state)).toEqual([]),
        thenRefused: (code: RefusalCode) => {
          let refused: unknown;
          try {
            decider.decide(command, state);
          } catch (error) {
            refused = error;
          }
          expect(refused).toBeInstanceOf(CommandRefused);
          expect((refused as CommandRefused).code).toBe(code);
        },
      };
    },
  });
