export { commandDeadLetters } from './app/saga-commands.js';
export { needs } from './needs.js';
export { type CommandServiceOptions, startCommandService } from './start-command-service.js';
