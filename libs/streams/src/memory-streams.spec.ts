import { openMemoryEventLog } from '@order-flow/event-log';
import { streamsConformance } from './conformance.contract.js';
import { memoryState, type StateBackend } from './state.js';

streamsConformance('the log in memory', async () => {
  const log = await openMemoryEventLog();
  const states = new Map<string, StateBackend>();
  return {
    log,
    state: async (name) => {
      const state = states.get(name) ?? memoryState();
      states.set(name, state);
      return state;
    },
    close: () => log.close(),
  };
});
