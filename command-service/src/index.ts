export { commandDeadLetters } from './app/dead-letters.js';
export { needs } from './needs.js';
export { type CommandServiceOptions, startCommandService } from './start-command-service.js';
