export { EmulatorError, startEmulator } from './emulator.js';
export type { EmulatorOptions, RunningEmulator } from './emulator.js';
export type { Credentials } from './access.js';
