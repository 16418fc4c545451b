import { type RunningProcess, startOneProcess, type StartOneProcess } from '../one-process/start-one-process.js';
import { mongodb, mongoUrl } from './mongodb.js';

/**
 * A MongoDB emulator under a test's control. It holds everything in memory: to kill or stop it is to empty it, so it
 * offers neither. A test that wants an emptied server ends this one and starts another at its port.
 */
export interface RunningMongo extends Pick<RunningProcess, 'port' | 'stateDir' | 'pause' | 'resume' | 'down'> {
  /** For `MONGO_URL`, with the database `order_flow`. */
  readonly url: string;
}

/**
 * Starts the MongoDB emulator for a test: on a free port and in a temporary directory unless told otherwise. Installs it
 * first when it is not in the cache. It ends with this process at the latest.
 * @throws ServerError
 */
export async function startMongo(options: StartOneProcess = {}): Promise<RunningMongo> {
  const running = await startOneProcess(mongodb, options);
  return { ...running, url: mongoUrl(running.port) };
}
