export { SystemUnderTest } from './system/system-under-test.js';
