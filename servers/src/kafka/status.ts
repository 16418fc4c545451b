import { pidOf } from '../processes/daemon.js';
import { isPaused } from '../processes/paused.js';
import type { Part, Status } from '../server.js';
import { brokerDaemon, brokerDirectory } from './broker.js';
import { type BrokerPorts, type Layout, readLayout } from './layout.js';
import { registeredBrokers } from './ready.js';

async function stateOf(broker: BrokerPorts, pid: number | undefined): Promise<Part['state']> {
  if (pid === undefined) return 'stopped';
  if (await isPaused(pid)) return 'paused';
  const registered = await registeredBrokers(`127.0.0.1:${broker.client}`);
  return registered.includes(broker.id) ? 'ready' : 'not ready';
}

async function brokerPart(stateDir: string, layout: Layout, broker: BrokerPorts): Promise<Part> {
  const pid = await pidOf(brokerDaemon(stateDir, layout, broker));
  return {
    name: `broker ${broker.id}`,
    pid,
    port: broker.client,
    state: await stateOf(broker, pid),
    version: layout.version,
    directory: brokerDirectory(stateDir, broker.id),
  };
}

/** What runs of a state directory's cluster; each broker is asked itself. */
export async function kafkaStatus(stateDir: string): Promise<Status> {
  const layout = await readLayout(stateDir);
  if (!layout) return { parts: [], wanted: false };
  const parts = await Promise.all(layout.brokers.map((broker) => brokerPart(stateDir, layout, broker)));
  return { parts, wanted: layout.wanted };
}
