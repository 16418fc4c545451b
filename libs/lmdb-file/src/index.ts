export { dataFileDamage } from './data-file.js';
export { causeOf, DiskRoom, isWriteFailure, writeFinding } from './write-failure.js';
