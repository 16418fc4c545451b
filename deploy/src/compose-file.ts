import { parse } from 'yaml';
import { z } from 'zod';

const HealthCheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: z.string(),
  timeout: z.string(),
  retries: z.number(),
  start_period: z.string(),
});

const Dependency = z.strictObject({
  condition: z.enum(['service_healthy', 'service_completed_successfully']),
  required: z.boolean().default(true),
});

const Limits = z.strictObject({ cpus: z.string(), memory: z.string().regex(/^\d+[MG]$/) });

/** Strict, so that a misspelt key, a fixed container name or a privileged mode is a finding of its own. */
const ComposeService = z.strictObject({
  profiles: z.array(z.enum(['infrastructure', 'platform', 'services', 'demo'])).min(1),
  image: z.string(),
  build: z.literal('.').optional(),
  platform: z.string().optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  user: z.string().optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  logging: z.strictObject({ driver: z.literal('local') }),
  restart: z.enum(['no', 'unless-stopped']),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  networks: z.array(z.string()).default([]),
  network_mode: z.literal('none').optional(),
  volumes: z.array(z.string()).default([]),
  tmpfs: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  healthcheck: HealthCheck.optional(),
  depends_on: z.record(z.string(), Dependency).default({}),
  deploy: z.strictObject({ resources: z.strictObject({ limits: Limits }) }),
});
export type ComposeService = z.infer<typeof ComposeService>;

const ComposeFile = z.object({
  name: z.string(),
  services: z.record(z.string(), ComposeService),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.strictObject({})),
});
export type ComposeFile = z.infer<typeof ComposeFile>;

/** @throws z.ZodError for what is no compose file of the kind that is used here */
export const parseCompose = (text: string): ComposeFile => ComposeFile.parse(parse(text, { merge: true }));
