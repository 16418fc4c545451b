export { dataFileDamage } from './data-file.js';
export { SHARED_ENVIRONMENT, SoleWriter } from './sole-writer.js';
export { causeOf, DiskRoom, isWriteFailure, writeFinding } from './write-failure.js';
