import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs and builds what is missing, then runs a program of `dist/` in this process, with this process's arguments. */
export async function run(program) {
  ensureInstalled(root);
  const { buildAll } = await import('./build.mjs');
  await buildAll(root, { pages: ['all-in-one', 'cluster', 'console'].includes(program) });
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(join(root, 'dist', `${program}.mjs`)).href);
}

if (process.argv[2] && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [program] = process.argv.splice(2, 1);
  await run(program);
}
