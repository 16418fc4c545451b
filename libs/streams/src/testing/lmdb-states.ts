import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lmdbState } from '../lmdb-state.js';
import type { StateBackend } from '../state.js';

/** Local states by name in a directory of their own, as a fixture has them. */
export function lmdbStates() {
  const path = mkdtempSync(join(tmpdir(), 'streams-'));
  const states = new Map<string, StateBackend>();
  return {
    path,
    state: async (name: string): Promise<StateBackend> => {
      await states.get(name)?.close();
      const state = lmdbState(join(path, name));
      states.set(name, state);
      return state;
    },
    /** Closes them, and what else lies in the directory, before the directory goes. */
    close: async (other: () => Promise<void>): Promise<void> => {
      for (const state of states.values()) await state.close();
      await other();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
