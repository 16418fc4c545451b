// The image's entry: runs the program that is named first, in this process, so that it hears the container's signals.
const PROGRAMS = [
  'registry',
  'command-service',
  'processors',
  'projections',
  'graphql-gateway',
  'console',
  'admin',
  'rebuild',
];

const [program] = process.argv.splice(2, 1);
if (!PROGRAMS.includes(program)) {
  console.error(`${program ? `there is no program "${program}"` : 'name a program'}; there are ${PROGRAMS.join(', ')}`);
  process.exit(64);
}
await import(new URL(`../dist/${program}.mjs`, import.meta.url).href);
