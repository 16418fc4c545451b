export * from './describe.js';
export * from './errors.js';
export {
  changelogTopic,
  deadLetterTopic,
  type Punctuated,
  redriveTopic,
  repartitionTopic,
  type StreamTime,
  type Topology,
} from './graph.js';
export { lmdbState } from './lmdb-state.js';
export type { TopologyObserver } from './observer.js';
export { filter, flatMap, map, ofType, stateless, type StatelessOperator, tap } from './operators.js';
export type { Cause, Rec } from './record.js';
export { requestRedrive, type RunningTopology, runTopology, type TopologyRun } from './runner.js';
export { RedriveRequest } from './redrive.js';
export type { SliceStatus } from './slice.js';
export type { SliceOptions } from './slice-context.js';
export { memoryState, type SliceState, type StateBackend } from './state.js';
export { afterPrefix, type KeyValueStore, type StoreDefinition } from './store.js';
export { TestDriver, testDriver, type DriverOptions } from './test-driver.js';
export { type Branches, type Repartition, type RepartitionOptions, Stream, type Table } from './stream.js';
export { topology, type TopologyBuilder } from './topology.js';
export type { Aggregator, Windowed, WindowSettings } from './windows.js';
export type { DedupSettings } from './dedup.js';
