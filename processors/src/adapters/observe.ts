import type { Logger, Metrics, Readiness } from '@order-flow/service-kit';
import type { RunningTopology, SliceStatus, TopologyObserver } from '@order-flow/streams';

/** The metrics of all topologies of a process. */
export function topologyMetrics(metrics: Metrics, running: ReadonlyMap<string, RunningTopology>) {
  const labels = ['topology'] as const;
  const observed = (name: string, help: string, value: (status: SliceStatus) => number): void =>
    metrics.observed(name, help, ['topology', 'slice'] as const, (gauge) => {
      for (const [topology, run] of running) {
        for (const status of run.status().slices) gauge.set({ topology, slice: status.slice }, value(status));
      }
    });
  observed('topology_lag_records', 'Records not consumed yet', ({ lag }) => lag);
  observed('topology_parked_records', 'Records in the dead-letter queue', ({ parked }) => parked);
  return {
    consumed: metrics.counter('topology_records_consumed_total', 'Records processed', labels),
    produced: metrics.counter('topology_records_produced_total', 'Records written', labels),
    deadLetters: metrics.counter('topology_dead_letters_total', 'Records parked', labels),
    restarts: metrics.counter('topology_slice_restarts_total', 'Slices started again after a failure', labels),
    restored: metrics.counter('topology_restore_records_total', 'Changelog records replayed', labels),
    commit: metrics.histogram('topology_commit_seconds', 'Time of a commit', labels),
    slices: metrics.gauge('topology_slices_running', 'Slices that run here', labels),
  };
}

/** Turns what a topology tells into logs, metrics and readiness. */
export function observe(
  topology: string,
  metrics: ReturnType<typeof topologyMetrics>,
  readiness: Readiness,
  logger: Logger,
): TopologyObserver {
  const part = (slice: number): string => `${topology}-${slice}`;
  const labels = { topology };
  const restored = new Map<number, number>();
  return {
    restoring: (slice, records) => {
      readiness.down(part(slice), `restoring: ${records} records`);
      metrics.restored.inc(labels, Math.max(0, records - (restored.get(slice) ?? 0)));
      restored.set(slice, records);
    },
    running: (slice) => {
      restored.delete(slice);
      readiness.up(part(slice));
      readiness.up(topology);
      metrics.slices.inc(labels);
    },
    stopped: () => metrics.slices.dec(labels),
    released: (slice) => readiness.forget(part(slice)),
    committed: ({ consumed, produced, milliseconds }) => {
      metrics.consumed.inc(labels, consumed);
      metrics.produced.inc(labels, produced);
      metrics.commit.observe(labels, milliseconds / 1000);
    },
    deadLetter: (slice, origin, error) => {
      metrics.deadLetters.inc(labels);
      logger.warn({ topology, slice, origin, err: error }, `${topology} parked ${origin}: ${error.message}`);
    },
    failed: (slice, error, retryInMs) => {
      metrics.restarts.inc(labels);
      readiness.down(part(slice), error.message);
      logger.error({ topology, slice, retryInMs, err: error }, `${part(slice)} failed: ${error.message}`);
    },
    paused: (slice, reason) => logger.error({ topology, slice }, reason),
  };
}
