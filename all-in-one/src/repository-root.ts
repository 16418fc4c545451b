import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, from a bundle in `dist/` or from the sources beside this file. */
export const repositoryRoot = (): string => {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.endsWith('dist') ? dirname(here) : dirname(dirname(here));
};
