import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEventLog } from '@order-flow/event-log';
import { streamsConformance } from './conformance.contract.js';
import { lmdbState } from './lmdb-state.js';
import type { StateBackend } from './state.js';

streamsConformance('LMDB', async () => {
  const path = mkdtempSync(join(tmpdir(), 'streams-'));
  const log = await openEmbeddedEventLog({ path: join(path, 'log') });
  const states = new Map<string, StateBackend>();
  return {
    log,
    state: async (name) => {
      await states.get(name)?.close();
      const state = lmdbState(join(path, name));
      states.set(name, state);
      return state;
    },
    close: async () => {
      for (const state of states.values()) await state.close();
      await log.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
});
