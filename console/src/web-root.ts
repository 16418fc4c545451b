import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = 'kafka-order-flow';

function isProject(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return false;
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name === PROJECT;
}

/**
 * Where the built page lies: `dist/console` of the project's root, found upwards from this module, which runs from its
 * source as well as from a bundle in `dist`. @throws Error outside of the project
 */
export function defaultWebRoot(from: string = fileURLToPath(import.meta.url)): string {
  let folder = dirname(from);
  while (!isProject(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`${from} does not lie below the folder of ${PROJECT}`);
    folder = parent;
  }
  return join(folder, 'dist', 'console');
}
