import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  // libraries are bundled, too
  'package-lock.json',
  'scripts/build.mjs',
];
const SKIPPED = new Set(['node_modules', 'dist', '.cache']);
const SCOPE = '@order-flow/';
/**
 * Libraries that programs load at each start, in hundreds of files: out of bundles, a start takes two thirds of the time.
 * All that share an instance of one are here (of graphql, of zod). Others stay outside: native code, workers, files of
 * their own, and what is loaded only where its server is used.
 */
const BUNDLED = new Set([
  '@graphql-yoga/render-graphiql',
  '@pothos/core',
  '@pothos/plugin-relay',
  'cockatiel',
  'dataloader',
  'fastify-type-provider-zod',
  'graphql',
  'graphql-sse',
  'graphql-ws',
  'graphql-yoga',
  'jose',
  'mingo',
  'mongodb',
  'prom-client',
  'rxjs',
  'undici',
  'zod',
]);
const A_WEEK = 7 * 24 * 3_600_000;
/** The package of `@scope/name/file` is `@scope/name`. */
const packageOf = (path) => /^(@[^/]+\/)?[^/]+/.exec(path)[0];
/** Libraries that are bundled may ask for what is CommonJS. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

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

/** @param places folders and files */
function fingerprint(root, places) {
  const lines = [];
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    lines.push(`${path.slice(root.length)} ${mtimeMs} ${size}`);
  };
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else add(path);
    }
  };
  for (const place of places.map((each) => join(root, each))) {
    if (statSync(place).isDirectory()) walk(place);
    else add(place);
  }
  return lines.join('\n');
}

/** Runs `build` unless nothing of these places has changed since it last succeeded. */
async function incrementally(root, name, places, build) {
  const stampFile = join(root, 'dist', `.${name}-stamp`);
  const stamp = fingerprint(root, places);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const startedAt = Date.now();
  await build();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampFile, stamp);
  // not to standard output, which may be the program's own result for a script
  console.error(`Built ${name} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}

/** Parts of former builds, which running programs may still load, are removed when a week old. */
function removeFormer(root, outputs) {
  const folder = join(root, 'dist');
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const isPart = name.endsWith('.mjs') || name.endsWith('.mjs.map');
    if (isPart && !(`dist/${name}` in outputs) && Date.now() - statSync(file).mtimeMs > A_WEEK) rmSync(file);
  }
}

async function bundlePrograms(root) {
  const { build, stop } = await import('esbuild');
  const entryPoints = Object.fromEntries(Object.entries(PROGRAMS).filter(([, file]) => existsSync(join(root, file))));
  const outside = {
    name: 'leave-packages-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
        const isInside = kind === 'entry-point' || path.startsWith(SCOPE) || BUNDLED.has(packageOf(path));
        // what a bundled library needs goes with it
        return isInside || importer.includes('/node_modules/') ? undefined : { path, external: true };
      });
    },
  };
  const { metafile } = await build({
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
    sourcesContent: false,
    // Node keeps the text of all that is loaded: without comments and indents it is half, and names stay as they are
    minifyWhitespace: true,
    legalComments: 'external',
    // libraries check less of what their own types promise
    define: { 'process.env.NODE_ENV': '"production"' },
    banner: { js: REQUIRE },
    logLevel: 'warning',
    plugins: [outside],
    metafile: true,
  });
  // its process, and the memory it took, would stay as long as this one
  await stop();
  removeFormer(root, metafile.outputs);
}

/** In a process of its own: Vite's 16 MB would stay as long as the program that is started. */
function buildConsole(root) {
  const vite = [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--config', 'console/vite.config.ts'];
  const { status, signal, error } = spawnSync(process.execPath, [...vite, '--logLevel', 'warn'], {
    cwd: root,
    // standard output may be the program's own result for a script
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    throw new Error(`The console was not built: Vite ended with ${signal ?? status}.`, { cause: error });
}

/** Brings `dist/` up to date: programs by esbuild and, for the program that serves them, the console's pages by Vite. */
export async function buildAll(root, { pages }) {
  await incrementally(root, 'programs', SOURCES, () => bundlePrograms(root));
  if (pages) await incrementally(root, 'console', ['console'], () => buildConsole(root));
}
