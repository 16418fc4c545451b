import base from './jest.config.js';

/** What needs real servers: their addresses come from the environment. One suite at a time, for they share the servers. */
export default {
  ...base,
  testMatch: ['<rootDir>/**/src/**/*.real.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
