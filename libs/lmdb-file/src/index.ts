export { dataFileDamage } from './data-file.js';
