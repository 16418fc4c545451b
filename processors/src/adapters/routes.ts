import type { EventLog } from '@order-flow/event-log';
import { FOR_STAFF, type HttpApp, Problem, wholeNumber } from '@order-flow/service-kit';
import { describe, describeMermaid, RedriveRequest, requestRedrive, type RunningTopology } from '@order-flow/streams';
import { z } from 'zod';

const TopologyPath = z.object({ topology: z.string() });
const StorePath = TopologyPath.extend({ store: z.string() });
const EntryPath = StorePath.extend({ key: z.string() });
const Page = z.object({
  slice: wholeNumber(),
  from: z.string().max(500).default(''),
  limit: wholeNumber(1, 1_000).default(100),
});
/** What is to be redriven, in one slice or in all. */
const RedriveBody = z.object({ slice: z.int().min(0).optional() }).and(RedriveRequest);

/** @throws Problem 422 */
function valid<Value>(schema: z.ZodType<Value>, input: unknown): Value {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new Problem(422, 'INVALID_INPUT', z.prettifyError(result.error));
}

/** Topologies for operators: what runs, its stores, pausing and resuming, dead letters run again. */
export function topologyRoutes(app: HttpApp, running: ReadonlyMap<string, RunningTopology>, log: EventLog): void {
  const named = (params: unknown): RunningTopology => {
    const { topology } = valid(TopologyPath, params);
    const run = running.get(topology);
    if (!run) throw new Problem(404, 'NOT_FOUND', `there is no topology ${topology}`);
    return run;
  };

  app.get('/topologies', FOR_STAFF, () =>
    [...running].map(([name, run]) => ({
      name,
      ...run.status(),
      inputs: run.topology.inputs,
      description: describe(run.topology),
      mermaid: describeMermaid(run.topology),
    })),
  );

  app.get('/topologies/:topology/stores/:store/:key', FOR_STAFF, ({ params }) => {
    const { topology, store, key } = valid(EntryPath, params);
    const value = named(params).query(store, key);
    if (value === undefined) throw new Problem(404, 'NOT_FOUND', `${topology}/${store} has no ${key} here`);
    return { key, value };
  });
  app.get('/topologies/:topology/stores/:store', FOR_STAFF, ({ params, query }) => {
    const { store } = valid(StorePath, params);
    const { slice, from, limit } = valid(Page, query);
    return {
      entries: named(params)
        .entries(store, slice, from, limit)
        .map(([key, value]) => ({ key, value })),
    };
  });
  app.post('/topologies/:topology/pause', FOR_STAFF, ({ params }) => {
    named(params).pause();
    return named(params).status();
  });
  app.post('/topologies/:topology/resume', FOR_STAFF, ({ params }) => {
    named(params).resume();
    return named(params).status();
  });
  app.post('/topologies/:topology/redrive', FOR_STAFF, async ({ params, body }, reply) => {
    const { slice, ...request } = valid(RedriveBody, body);
    const run = named(params);
    if (slice !== undefined && slice >= run.sliceCount) {
      throw new Problem(
        422,
        'INVALID_INPUT',
        `${run.topology.name} has ${run.sliceCount} slices; there is no ${slice}`,
      );
    }
    const slices = slice === undefined ? Array.from({ length: run.sliceCount }, (_, index) => index) : [slice];
    await requestRedrive(log, run.topology, slices, request);
    return reply.status(202).send({ requested: slices });
  });
}
