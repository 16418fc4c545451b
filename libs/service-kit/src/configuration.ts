import { describeIssues } from '@order-flow/contracts';
import { z } from 'zod';

/** A configuration value that cannot be used. The message is one line: variable, value, what is allowed. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigurationError';
  }
}

/** Whether an error's message alone tells a person what to put right: a setting's, or one with a code. */
export const isExplained = (error: unknown): error is Error =>
  error instanceof ConfigurationError || (error instanceof Error && 'code' in error);

const NO_WRITING: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full: make room',
  EDQUOT: 'its quota is used up: make room',
  EROFS: 'its file system is read-only',
};

/** Of a path: of other things, such as a port, the same codes say something else. */
const NO_USE: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to it: give it',
  EPERM: 'this user has no right to it: give it',
  EEXIST: 'it is no directory: move it away',
  ENOTDIR: 'it is no directory: move it away',
};

function reasonOf({ code = '', path }: NodeJS.ErrnoException, directory: string): string | undefined {
  const below =
    path !== undefined && (path === directory || path.startsWith(`${directory}/`) || directory.startsWith(path));
  return NO_WRITING[code] ?? (below ? NO_USE[code] : undefined);
}

/** A failure for want of room or rights below a directory as what a person can put right; any other as it is. */
export function asDiskFailure(error: unknown, directory: string): unknown {
  const { message } = error as NodeJS.ErrnoException;
  const reason = reasonOf(error as NodeJS.ErrnoException, directory);
  if (reason === undefined) return error;
  return new ConfigurationError(`${directory} cannot be written, ${reason}, or name another directory (${message})`);
}

const port = (fallback: number) =>
  z.coerce.number().int().min(0).max(65_535).default(fallback).describe('a port, 0 to 65535');
const hasPort = (address: string): boolean => {
  const number = Number(address.slice(address.lastIndexOf(':') + 1));
  return number >= 1 && number <= 65_535;
};
const secret = /secret|password|token|key/i;

/** Every environment variable the system reads. */
export const Settings = z.object({
  BIND_ADDRESS: z.string().min(1).max(255).default('127.0.0.1').describe('an IP address or host name to listen on'),
  GATEWAY_PORT: port(8080),
  COMMAND_SERVICE_PORT: port(8081),
  PROCESSORS_PORT: port(8082),
  PROJECTIONS_PORT: port(8083),
  REGISTRY_PORT: port(8761),
  CONSOLE_PORT: port(9000),
  DATA_DIR: z.string().min(1).default('.data').describe('a directory for what a service keeps on this machine'),
  IDENTITY_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('a directory with the keys of tokens (default: DATA_DIR/identity)'),
  ADVERTISED_URL: z
    .string()
    .regex(/^https?:\/\/([^/\s{}]|\{hostname\})+$/)
    .optional()
    .describe("http://host:port for other services, where {hostname} is this machine's (default: where it listens)"),
  EVENT_STORE_URL: z
    .string()
    .regex(/^(esdb|kurrentdb)(\+discover)?:\/\//)
    .optional()
    .describe('esdb://host:2113?tls=false'),
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,/@]+:\d+(,[^\s,/@]+:\d+)*$/)
    .refine((brokers) => brokers.split(',').every(hasPort))
    .optional()
    .describe('host:port,host:port'),
  KAFKA_SSL: z.string().optional().describe('true, false, or the file of the certificate authorities to trust'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('plain, scram-sha-256 or scram-sha-512'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('a user name'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('a password'),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(1)
    .max(32)
    .optional()
    .describe('1 to 32 (default: what the brokers choose)'),
  MONGO_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//)
    .optional()
    .describe('mongodb://host:27017'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//)
    .optional()
    .describe('redis://host:6379'),
  PARTITIONS: z.coerce.number().int().min(1).max(256).default(6).describe('1 to 256; fixed once topics exist'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('trace, debug, info, warn, error, fatal or silent'),
  LOG_FORMAT: z.enum(['json', 'pretty']).optional().describe('json or pretty (default: pretty on a terminal)'),
  SAGA_STEP_DEADLINE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .default(60_000)
    .describe('milliseconds, 100 to 86400000'),
  COMMIT_INTERVAL_MS: z.coerce.number().int().min(1).max(60_000).default(100).describe('milliseconds, 1 to 60000'),
  CORS_ORIGINS: z
    .string()
    .regex(/^([a-z][a-z0-9+.-]*:\/\/[^/\s,]+(,(?=.)|$))*$/)
    .default('')
    .describe('https://host:port,https://host, without spaces and paths, empty for none'),
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .default(600)
    .describe('requests a minute and caller'),
  SUBSCRIPTIONS_PER_CALLER: z.coerce
    .number()
    .int()
    .min(1)
    .max(20_000)
    .default(500)
    .describe('open at one gateway, 1 to 20000'),
});
export type Settings = z.infer<typeof Settings>;

/** @throws ConfigurationError when variables that need each other are not all given; no values are shown */
function checkKafka(settings: Settings): void {
  const { KAFKA_BROKERS, KAFKA_SASL_MECHANISM } = settings;
  const security = ['KAFKA_SSL', 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
  const alone = security.find((name) => settings[name] !== undefined);
  if (alone && KAFKA_BROKERS === undefined) {
    throw new ConfigurationError(`${alone} is set, but KAFKA_BROKERS is not; set both or neither`);
  }
  const [, , ...credentials] = security;
  const wrong = credentials.find((name) => (settings[name] === undefined) !== (KAFKA_SASL_MECHANISM === undefined));
  if (!wrong) return;
  const state = settings[wrong] === undefined ? 'is missing' : 'is set, but KAFKA_SASL_MECHANISM is not';
  throw new ConfigurationError(
    `${wrong} ${state}; KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together`,
  );
}

/**
 * Reads and checks the environment. Unknown variables are ignored, empty ones count as unset.
 * @throws ConfigurationError naming the variable, its value (unless secret) and what is allowed
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in Settings.shape && value !== ''),
  );
  const result = Settings.safeParse(given);
  if (result.success) {
    checkKafka(result.data);
    return result.data;
  }
  const name = String(result.error.issues[0]?.path[0]);
  const allowed = Settings.shape[name as keyof Settings].description ?? describeIssues(result.error);
  const value = secret.test(name) || given[name]?.includes('@') ? '(hidden)' : JSON.stringify(given[name]);
  throw new ConfigurationError(`${name}=${value} is not valid; allowed: ${allowed}`);
}
