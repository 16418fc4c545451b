import { closingTable } from './demo/closing-table.js';
import { parseDemoOptions } from './demo/options.js';
import { runDemo } from './demo/run-demo.js';
import { explainFailure } from './demo/explain-failure.js';
import { findSystem } from './demo/system.js';

const options = parseDemoOptions(process.argv.slice(2));
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

let gateway = '';
try {
  const system = await findSystem(options, process.env);
  gateway = system.gateway;
  console.log(
    `Placing ${options.orders} orders at ${options.rate}/s through ${system.gateway}/graphql (Ctrl-C ends it)`,
  );
  const result = await runDemo(options, system, stop.signal);
  console.log(`\n${closingTable(result)}`);
  const { inFlight } = result.tracker;
  if (inFlight > 0) console.error(`\n${inFlight} orders did not come to their end in time.`);
  process.exitCode = inFlight > 0 ? 1 : 0;
} catch (error) {
  const explanation = explainFailure(error, gateway);
  if (explanation === undefined) throw error;
  console.error(`\n${explanation}`);
  process.exit(1);
}
