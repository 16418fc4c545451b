import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { EventStoreError } from '@order-flow/event-store';
import { emulatorCommand } from './cli.js';
import type { EmulatorOptions } from './emulator.js';
import { EmulatorError, startEmulator } from './emulator.js';

async function run(options: EmulatorOptions): Promise<void> {
  const emulator = await startEmulator(options);
  const stop = (): void => {
    emulator.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  console.log(`EventStoreDB emulator: EVENT_STORE_URL='${emulator.url}'`);
}

/** What the user can put right is said in one line. */
function fail(error: unknown): never {
  const expected = error instanceof EmulatorError || error instanceof EventStoreError;
  console.error(expected ? error.message : error);
  process.exit(1);
}

// What goes wrong is said below, once.
setLogVerbosity(logVerbosity.NONE);
await emulatorCommand(run).parseAsync().catch(fail);
