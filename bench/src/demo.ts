import { closingTable } from './demo/closing-table.js';
import { parseDemoOptions } from './demo/options.js';
import { runDemo } from './demo/run-demo.js';
import { findSystem, NoSystem } from './demo/system.js';
import { GatewayError } from './orders/gateway-client.js';

const options = parseDemoOptions(process.argv.slice(2));
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

try {
  const system = await findSystem(options, process.env);
  console.log(
    `Placing ${options.orders} orders at ${options.rate}/s through ${system.gateway}/graphql (Ctrl-C ends it)`,
  );
  const result = await runDemo(options, system, stop.signal);
  console.log(`\n${closingTable(result)}`);
  const { inFlight } = result.tracker;
  if (inFlight > 0) console.error(`\n${inFlight} orders did not come to their end in time.`);
  process.exitCode = inFlight > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof NoSystem || error instanceof GatewayError)) throw error;
  console.error(
    error instanceof GatewayError ? `The gateway refused (${error.code}): ${error.message}` : error.message,
  );
  process.exitCode = 1;
}
