export { pick, seededRandom } from './random.js';
