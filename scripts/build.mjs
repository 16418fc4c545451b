import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = [
  'libs',
  'command-service',
  'processors',
  'projections',
  'graphql-gateway',
  'registry',
  'console',
  'all-in-one',
  'cluster',
  'servers',
  'eventstoredb-emulator',
  'verification',
  'bench',
];
const SKIPPED = new Set(['node_modules', 'dist', '.cache']);
const SCOPE = '@order-flow/';

/** Programs that are bundled to `dist/`, by name. Types are checked by `npm test`, not here. */
export const PROGRAMS = {
  'all-in-one': 'all-in-one/src/main.ts',
  'command-service': 'command-service/src/main.ts',
  processors: 'processors/src/main.ts',
  projections: 'projections/src/main.ts',
  'graphql-gateway': 'graphql-gateway/src/main.ts',
  registry: 'registry/src/main.ts',
  console: 'console/src/main.ts',
  cluster: 'cluster/src/main.ts',
  admin: 'all-in-one/src/admin-cli.ts',
  rebuild: 'projections/src/rebuild-cli.ts',
  demo: 'bench/src/demo.ts',
  bench: 'bench/src/main.ts',
  'bench-streams-kafka': 'bench/src/streams-kafka/worker.ts',
  'verify-crash': 'verification/src/verify-crash.ts',
  'verify-full-disk': 'verification/src/verify-full-disk.ts',
  servers: 'servers/src/main.ts',
  'eventstoredb-emulator': 'eventstoredb-emulator/src/main.ts',
};

function fingerprint(root, folders) {
  const lines = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else lines.push(`${path.slice(root.length)} ${statSync(path).mtimeMs} ${statSync(path).size}`);
    }
  };
  for (const folder of folders) walk(join(root, folder));
  return lines.join('\n');
}

/** Runs `build` unless nothing below the folders has changed since it last succeeded. */
async function incrementally(root, name, folders, build) {
  const stampFile = join(root, 'dist', `.${name}-stamp`);
  const stamp = fingerprint(root, folders);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const startedAt = Date.now();
  await build();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampFile, stamp);
  // not to standard output, which may be the program's own result for a script
  console.error(`Built ${name} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}

async function bundlePrograms(root) {
  const { build } = await import('esbuild');
  const entryPoints = Object.fromEntries(Object.entries(PROGRAMS).filter(([, file]) => existsSync(join(root, file))));
  const externalise = {
    name: 'bundle-only-our-own-packages',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind === 'entry-point' || path.startsWith(SCOPE) ? undefined : { path, external: true },
      );
    },
  };
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
    plugins: [externalise],
  });
}

async function buildConsole(root) {
  const { build } = await import('vite');
  await build({
    root: join(root, 'console', 'web'),
    configFile: join(root, 'console', 'vite.config.ts'),
    logLevel: 'warn',
  });
}

/** Brings `dist/` up to date: programs by esbuild and, for the program that serves them, the console's pages by Vite. */
export async function buildAll(root, { pages }) {
  await incrementally(root, 'programs', SOURCES, () => bundlePrograms(root));
  if (pages) await incrementally(root, 'console', ['console'], () => buildConsole(root));
}
