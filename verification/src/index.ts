export { SystemUnderTest } from './system/system-under-test.js';
export { pick, seededRandom } from './random.js';
