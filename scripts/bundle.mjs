// Brings `dist/` up to date: every program and the console's pages, for an image or a package that is made of them.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';

await buildAll(dirname(dirname(fileURLToPath(import.meta.url))), { pages: true });
