export { commandDeadLetters } from './app/command-slice.js';
export { needs } from './needs.js';
export { type CommandServiceOptions, startCommandService } from './start-command-service.js';
