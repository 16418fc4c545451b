import { expect } from '@jest/globals';
import { type CloudEvent, parseEvent } from '@order-flow/contracts';
import type { EventLog, LogRecord } from '@order-flow/event-log';
import { changelogTopic, deadLetterTopic, PARKED_STORE, repartitionTopic, SLICE_STORE } from '../graph.js';
import type { StateBackend } from '../state.js';
import { type Account, balanceEvents, bank, BANK_PARTITIONS, entries, kindEvents } from './bank.js';
import { settled } from './renamed-log.js';

const movements = repartitionTopic(bank.name, 'by-kind');

/** Every record of a topic, by partition, in order. */
export async function readTopic(log: EventLog, topic: string): Promise<LogRecord[][]> {
  const partitions: LogRecord[][] = [];
  await settled(log, topic);
  for (const { partition, begin } of await log.admin.partitions(topic)) {
    const records: LogRecord[] = (partitions[partition] = []);
    const options = { follow: false, signal: new AbortController().signal };
    for await (const batch of log.read([{ topic, partition, offset: begin }], options)) records.push(...batch.records);
  }
  return partitions;
}

/** Whether every input of the group is consumed to its end. Sources first: what they cause is then there, too. */
export async function consumed(log: EventLog, topology: { readonly name: string; readonly inputs: readonly string[] }) {
  for (const topic of topology.inputs) {
    await settled(log, topic);
    // In this order: what is committed in between is not taken for more than there is.
    const committed = (await log.admin.committed(topology.name)).filter((offset) => offset.topic === topic);
    const infos = await log.admin.partitions(topic);
    for (const { partition, begin, end } of infos) {
      const offset = committed.find((other) => other.partition === partition)?.offset ?? begin;
      if (offset < end) return false;
      expect(offset).toBe(end);
    }
  }
  return true;
}

const jsonOf = (record: LogRecord): CloudEvent => JSON.parse((record.value ?? '').toString()) as CloudEvent;

function foldAccounts(inputs: readonly LogRecord[]) {
  const accounts = new Map<string, Account>();
  const outputs = inputs.map((record) => {
    const event = parseEvent(entries, jsonOf(record));
    const before = accounts.get(event.subject) ?? { balance: 0, entries: 0 };
    const amount = event.type === 'Deposited' ? event.data.amount : -event.data.amount;
    const after = { balance: before.balance + amount, entries: before.entries + 1 };
    if (after.balance === 0) accounts.delete(event.subject);
    else accounts.set(event.subject, after);
    return { subject: event.subject, causationid: event.id, data: after };
  });
  return { accounts, outputs };
}

function foldKinds(inputs: readonly LogRecord[]) {
  const kinds = new Map<string, { entries: number; total: number }>();
  const outputs = inputs.map((record) => {
    const { kind, amount } = JSON.parse((record.value ?? '').toString()) as { kind: string; amount: number };
    const before = kinds.get(kind) ?? { entries: 0, total: 0 };
    const after = { entries: before.entries + 1, total: before.total + amount };
    kinds.set(kind, after);
    return { subject: kind, causationid: record.headers['causationid'], data: after };
  });
  return { kinds, outputs };
}

const bareOutput = (record: LogRecord) => {
  const { subject, causationid, data } = jsonOf(record);
  return { subject, causationid, data };
};

/** What a compacted topic would keep. */
function compacted(records: readonly LogRecord[]): Map<string, string> {
  const latest = new Map<string, string>();
  for (const { key, value } of records) {
    if (value) latest.set(key ?? '', value.toString());
    else latest.delete(key ?? '');
  }
  return latest;
}

/** Parked records are those of the dead-letter queue, each once; what is left was processed. */
async function processedEntries(log: EventLog): Promise<LogRecord[][]> {
  const letters = (await readTopic(log, deadLetterTopic(bank.name))).flat();
  const parked = letters.map(
    ({ headers }) => `${headers['dlq-topic']}-${headers['dlq-partition']}-${headers['dlq-offset']}`,
  );
  expect(new Set(parked).size).toBe(parked.length);
  const all = await readTopic(log, entries.name);
  return all.map((records) =>
    records.filter(({ topic, partition, offset }) => !parked.includes(`${topic}-${partition}-${offset}`)),
  );
}

function checkMovements(inputs: readonly LogRecord[], sent: readonly (readonly LogRecord[])[]): void {
  const expected = inputs.map(({ topic, partition, offset }) => `${topic}-${partition}-${offset}`).sort();
  expect(
    sent
      .flat()
      .map(({ headers }) => headers['cause'])
      .sort(),
  ).toEqual(expected);
  for (const records of sent) {
    const last = new Map<string, number>();
    for (const { headers } of records) {
      const [, source = '', offset = ''] = /^(.*)-(\d+)$/.exec(headers['cause'] ?? '') ?? [];
      expect(Number(offset)).toBeGreaterThan(last.get(source) ?? -1);
      last.set(source, Number(offset));
    }
  }
}

async function checkStores(log: EventLog, state: StateBackend): Promise<Map<string, Map<string, string>>> {
  const contents = new Map<string, Map<string, string>>();
  for (const store of [...bank.stores.map(({ name }) => name), SLICE_STORE, PARKED_STORE]) {
    const changelog = await readTopic(log, changelogTopic(bank.name, store));
    const merged = new Map<string, string>();
    contents.set(store, merged);
    for (let partition = 0; partition < BANK_PARTITIONS; partition++) {
      const kept = [...state.slice(bank.name, partition).range(store, {})];
      const latest = compacted(changelog[partition] ?? []);
      expect({ store, partition, kept: new Map(kept.map(([key, value]) => [key, value.toString()])) }).toEqual({
        store,
        partition,
        kept: latest,
      });
      for (const [key, value] of latest) merged.set(key, value);
    }
  }
  return contents;
}

const encoded = (values: ReadonlyMap<string, unknown>): Map<string, string> =>
  new Map([...values].map(([key, value]) => [key, JSON.stringify(value)]));

/**
 * Folds the inputs anew, by no means of the runtime, and compares: outputs (contents and order), event ids, repartitioned
 * records, stores, changelogs. Everything must be consumed and the topology stopped.
 */
export async function auditBank(log: EventLog, state: StateBackend): Promise<void> {
  expect(await consumed(log, bank)).toBe(true);
  const inputs = await processedEntries(log);
  const sent = await readTopic(log, movements);
  checkMovements(inputs.flat(), sent);
  const balances = await readTopic(log, balanceEvents.name);
  const counts = await readTopic(log, kindEvents.name);
  const accounts = new Map<string, unknown>();
  const kinds = new Map<string, unknown>();
  for (let partition = 0; partition < BANK_PARTITIONS; partition++) {
    const booked = foldAccounts(inputs[partition] ?? []);
    const counted = foldKinds(sent[partition] ?? []);
    expect((balances[partition] ?? []).map(bareOutput)).toEqual(booked.outputs);
    expect((counts[partition] ?? []).map(bareOutput)).toEqual(counted.outputs);
    for (const [key, value] of booked.accounts) accounts.set(key, value);
    for (const [key, value] of counted.kinds) kinds.set(key, value);
  }
  const ids = [...balances, ...counts].flat().map((record) => jsonOf(record).id);
  expect(new Set(ids).size).toBe(ids.length);
  const stores = await checkStores(log, state);
  expect(stores.get('accounts')).toEqual(encoded(accounts));
  expect(stores.get('kinds')).toEqual(encoded(kinds));
}
