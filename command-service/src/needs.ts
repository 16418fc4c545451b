import type { ServerVariable } from '@order-flow/composition';

/** The servers that this service, as a process of its own, cannot do without. */
export const needs = ['EVENT_STORE_URL', 'KAFKA_BROKERS', 'REDIS_URL'] as const satisfies readonly ServerVariable[];
