import { join, resolve } from 'node:path';
import { ConfigurationError, Identity, isExplained, readSettings, type Role } from '@order-flow/service-kit';
import { serviceUrl, timeSpan } from '@order-flow/service-kit/flags';
import { Command, Option } from 'commander';
import { seed } from './seed.js';
import { createTopics } from './topics.js';
import { waitUntilReady } from './wait-until-ready.js';

const READY_WITHIN_MS = 60_000;
const settings = readSettings(process.env);

const identity = (): Promise<Identity> =>
  Identity.fromDirectory(resolve(settings.IDENTITY_DIR ?? join(settings.DATA_DIR, 'identity')));

async function topics(): Promise<void> {
  if (settings.KAFKA_BROKERS === undefined) throw new ConfigurationError('KAFKA_BROKERS is not set; name the brokers');
  const { created, present } = await createTopics(settings);
  console.log(`${created} topics created, ${present} stood as they should`);
}

async function keys({ publish }: { readonly publish?: string }): Promise<void> {
  const held = await identity();
  if (publish !== undefined) await held.publish(resolve(publish));
  console.log('The keys of tokens are in place.');
}

async function token({ role, subject, lifetime }: Record<'role' | 'subject' | 'lifetime', string>): Promise<void> {
  console.log(await (await identity()).issue({ subject, role: role as Role }, lifetime));
}

async function seedShop({ commands }: { readonly commands: string }): Promise<void> {
  console.log(`Waiting until the command service at ${commands} is ready …`);
  await waitUntilReady({ 'command-service': commands }, READY_WITHIN_MS);
  await seed(commands, await (await identity()).issue({ subject: 'operator', role: 'operator' }, '10m'));
  console.log('The demo shop is in place.');
}

const roles = new Option('--role <role>', 'of whoever shows it').choices(['customer', 'operator', 'service']);
const program = new Command('npm run admin --')
  .description('One-off work on a system that runs as processes of its own. Settings come from the environment.')
  .showHelpAfterError();
program
  .command('topics')
  .description('create the topics that are missing on KAFKA_BROKERS, and check the rest')
  .action(topics);
program
  .command('keys')
  .description('make the keys of tokens in IDENTITY_DIR unless they are there')
  .option('--publish <dir>', 'put the key that verifies tokens there too, for services, which need no other')
  .action(keys);
program
  .command('token')
  .description('print a token, signed with the key in IDENTITY_DIR, which is made if there is none')
  .addOption(roles.default('operator'))
  .option('--subject <id>', "a customer's is their account id", 'operator')
  .option('--lifetime <time>', 'such as 12h or 30d', timeSpan, '12h')
  .action(token);
program
  .command('seed')
  .description('put the demo shop in; what is there already stays as it is')
  .option('--commands <url>', 'of the command service', serviceUrl, `http://127.0.0.1:${settings.COMMAND_SERVICE_PORT}`)
  .action(seedShop);

program.parseAsync().catch((error: unknown) => {
  console.error(isExplained(error) ? error.message : error);
  process.exit(1);
});
