import base from './jest.config.js';

/** Tests that drive the whole system in Chromium (`CHROMIUM_PATH`, default /usr/bin/chromium): `npm run test:browser`. */
export default {
  ...base,
  testMatch: ['<rootDir>/**/src/**/*.browser.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 60_000,
  maxWorkers: 1,
};
