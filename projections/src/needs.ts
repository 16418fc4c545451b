import type { ServerVariable } from '@order-flow/composition';

/** The servers that this service, as a process of its own, cannot do without. */
export const needs = ['KAFKA_BROKERS', 'MONGO_URL', 'REDIS_URL'] as const satisfies readonly ServerVariable[];
