import { LogError, type NewRecord } from '../../port.js';
import type { KafkaConnection } from '../connection.js';
import { answerOf, isPassing, isUnanswered } from '../protocol/failures.js';
import { createErrorFromCode } from '../protocol/kafkajs-internals.js';
import { pause, waitBefore } from '../protocol/persistence.js';
import { type Produced, produceRequest } from '../protocol/produce-request.js';
import type { Outgoing, Sequences, Shipment } from './outgoing.js';
import { MARKERS } from './transaction-requests.js';

const REQUEST_BYTES = 8 * 1024 * 1024;
/** DUPLICATE_SEQUENCE_NUMBER: the leader has the batch already, but does not remember where. */
const DUPLICATE = 46;

interface Load {
  readonly outgoing: Outgoing;
  readonly offsets: number[];
  /** The batch under way: at most one per partition, since a leader accepts them in order only. */
  shipment: Shipment | undefined;
}

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;

/** Loads by leader, each request within bounds. */
function requestsOf(connection: KafkaConnection, loads: readonly Load[]) {
  const requests: { nodeId: string; bytes: number; shipments: Shipment[] }[] = [];
  for (const { shipment } of loads) {
    if (!shipment) continue;
    const nodeId = connection.leaderOf(shipment);
    const size = shipment.bytes.length;
    const request = requests.find((one) => one.nodeId === nodeId && one.bytes + size <= REQUEST_BYTES);
    if (request) {
      request.bytes += size;
      request.shipments.push(shipment);
    } else requests.push({ nodeId, bytes: size, shipments: [shipment] });
  }
  return requests;
}

/**
 * Sends everything that belongs to one transaction and waits until all replicas in sync have it. A batch that was not
 * answered is sent again, the very same bytes: leaders recognise it by its producer, epoch and number.
 */
export class Shipping {
  readonly #loads: Map<string, Load>;
  #failure: unknown;
  /** Whether a batch may still arrive at its leader. */
  uncertain = false;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly sequences: Sequences,
    private readonly outgoing: readonly Outgoing[],
  ) {
    this.#loads = new Map(outgoing.map((one) => [nameOf(one), { outgoing: one, offsets: [], shipment: undefined }]));
  }

  /** For each outgoing partition the base offsets of its batches. @throws whatever kept a batch from being stored */
  async run(within: number): Promise<readonly (readonly number[])[]> {
    const until = performance.now() + within;
    for (let attempt = 1; ; attempt++) {
      this.#failure = undefined;
      this.uncertain = false;
      const unfinished = [...this.#loads.values()].filter((load) => this.#next(load));
      if (unfinished.length === 0) break;
      await Promise.all(requestsOf(this.connection, unfinished).map((request) => this.#send(request)));
      if (this.#failure === undefined) {
        attempt = 0;
        continue;
      }
      if (!isPassing(this.#failure) || performance.now() > until) throw this.#failure as Error;
      if (answerOf(this.#failure) === 'CONCURRENT_TRANSACTIONS')
        await pause(waitBefore(attempt + 1, MARKERS.first, MARKERS.longest));
      else {
        await pause(waitBefore(attempt + 1, 20, 500));
        await this.connection.refresh().catch(() => undefined);
      }
    }
    return this.outgoing.map((one) => this.#loads.get(nameOf(one))?.offsets ?? []);
  }

  /** Makes the load's next batch, unless one is under way; whether there is any. */
  #next(load: Load): boolean {
    if (load.shipment) return true;
    const records: readonly NewRecord[] | undefined = load.outgoing.batches[load.offsets.length];
    if (!records) return false;
    load.shipment = this.sequences.ship(load.outgoing, records);
    return true;
  }

  async #send({ nodeId, shipments }: { nodeId: string; shipments: readonly Shipment[] }): Promise<void> {
    try {
      const broker = await this.connection.node(nodeId);
      const timeout = this.connection.settings.requestTimeout;
      const request = produceRequest(this.sequences.producer, shipments, timeout);
      const { partitions } = await this.connection.send(broker, request);
      for (const produced of partitions) this.#stored(produced);
    } catch (error) {
      this.uncertain ||= isUnanswered(error);
      this.#fail(error);
    }
  }

  #stored(produced: Produced): void {
    const load = this.#loads.get(nameOf(produced));
    if (!load) return;
    if (produced.errorCode === 0 && produced.baseOffset >= 0) {
      load.offsets.push(produced.baseOffset);
      load.shipment = undefined;
    } else if (produced.errorCode === DUPLICATE || produced.errorCode === 0) {
      this.#fail(new LogError('LOG_UNAVAILABLE', `where ${nameOf(produced)} keeps a repeated batch is not known`));
    } else {
      this.#fail(createErrorFromCode(produced.errorCode));
    }
  }

  /** Failures that last win over those that pass. */
  #fail(error: unknown): void {
    if (this.#failure === undefined || isPassing(this.#failure)) this.#failure = error;
  }
}
