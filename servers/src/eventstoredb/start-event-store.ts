import { type RunningProcess, startOneProcess, type StartOneProcess } from '../one-process/start-one-process.js';
import { eventstoredb, eventStoreUrl } from './eventstoredb.js';

/** An EventStoreDB emulator under a test's control; killed or stopped, it keeps its events and may be started again. */
export interface RunningEventStore extends RunningProcess {
  /** For `EVENT_STORE_URL`. */
  readonly url: string;
}

/**
 * Starts the EventStoreDB emulator for a test: on a free port and in a temporary directory unless told otherwise. It ends
 * with this process at the latest.
 * @throws ServerError also when the program is not built
 */
export async function startEventStore(options: StartOneProcess = {}): Promise<RunningEventStore> {
  const running = await startOneProcess(eventstoredb, options);
  return { ...running, url: eventStoreUrl(running.port) };
}
