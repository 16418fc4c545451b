import { Command, InvalidArgumentError } from 'commander';
import { serviceUrl } from '@order-flow/service-kit/flags';

export interface DemoOptions {
  readonly orders: number;
  /** Orders a second. */
  readonly rate: number;
  readonly gateway?: string;
  readonly token?: string;
  readonly readyFile?: string;
  readonly seed: number;
}

const within =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isFinite(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a number from ${least} to ${most} is needed.`);
  };
const whole = (least: number, most: number) => (text: string) => Math.round(within(least, most)(text));

/** Reads the command line; prints help or the mistake, and exits, where asked. */
export const parseDemoOptions = (argv: readonly string[]): DemoOptions =>
  new Command('npm run demo --')
    .description('Sends a stream of orders through GraphQL to a running system and follows them to their end.')
    .option('--orders <n>', 'how many', whole(1, 1_000_000), 200)
    .option('--rate <r>', 'orders a second', within(0.1, 2_000), 20)
    .option('--gateway <url>', 'of the system (default: what the ready file names)', serviceUrl)
    .option('--token <token>', "an operator's (default: ORDER_FLOW_TOKEN, or what the ready file names)")
    .option('--ready-file <file>', 'of the system (default: what npm start wrote, else npm run cluster)')
    .option('--seed <n>', 'of the random orders', whole(0, 4_294_967_295), 1)
    .showHelpAfterError()
    .parse([...argv], { from: 'user' })
    .opts<DemoOptions>();
