export { banner } from './banner.js';
export { demoProducts, sample } from './demo-shop.js';
export { issueTokens } from './issue-tokens.js';
export { freePortOffset, PlatformProcess } from './platform-process.js';
export { Ready, writeReadyFile } from './ready-file.js';
export { repositoryRoot } from './repository-root.js';
export { needsSeed, seed } from './seed.js';
export { allTopics, createTopics } from './topics.js';
export { waitUntilReady } from './wait-until-ready.js';
