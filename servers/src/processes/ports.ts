import { isPortFree } from '@order-flow/service-kit';
import { ServerError } from '../server.js';

/** Below the range from which systems take the near ends of outgoing connections: such a port would stay free for a
 *  process only until something dials, and a broker that is killed must find its port again. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** So many different ports that nobody listens on. @throws ServerError when hardly any is free */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (ports.size === count) return [...ports];
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!ports.has(port) && (await isPortFree(port))) ports.add(port);
  }
  throw new ServerError(`no ${count} free ports between ${LOWEST} and ${HIGHEST}; stop something that listens there`);
}
