import { runServers } from './cli/commands.js';

await runServers(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  say: (message) => process.stderr.write(`${message}\n`),
  failed: () => (process.exitCode = 1),
});
