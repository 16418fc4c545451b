import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function step(title, command, ...args) {
  console.log(`\n— ${title}`);
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Given arguments are Jest's: `npm test -- libs/streams` runs that folder's suites alone. */
const jestArguments = process.argv.slice(2);
const node = process.execPath;

ensureInstalled(root);
if (jestArguments.length === 0) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  step('Types', npm, 'run', '--silent', 'build');
  step('Lint', npm, 'run', '--silent', 'lint');
}
const { buildAll } = await import('./build.mjs');
await buildAll(root, { pages: true });
step(
  'Tests',
  node,
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  ...jestArguments,
);
