import { describe, expect, it } from '@jest/globals';
import type { ServiceInstance } from '../service-directory.js';
import { KnownInstances } from './known-instances.js';

const instance = (id: string, changes: Partial<ServiceInstance> = {}): ServiceInstance => ({
  service: 'command-service',
  id,
  url: `http://127.0.0.1:1/${id}`,
  status: 'UP',
  registeredAt: 1,
  lastHeartbeatAt: 1,
  ...changes,
});
const ids = ({ list }: KnownInstances): string => list.map(({ id }) => id).join();

describe('the known instances', () => {
  it('are those that are named, and heartbeats change nothing', () => {
    const known = new KnownInstances(1_000);
    expect(known.take({ since: '1', instances: [instance('b'), instance('a')] }, 0)).toBe(true);
    expect(ids(known)).toBe('a,b');
    expect(known.take({ since: '1', instances: [instance('a', { lastHeartbeatAt: 9 }), instance('b')] }, 1)).toBe(
      false,
    );
    expect(known.list[0]?.lastHeartbeatAt).toBe(9);
    expect(known.take({ since: '1', instances: [instance('a', { status: 'DRAINING' })] }, 2)).toBe(true);
    expect(ids(known)).toBe('a');
  });

  it('stay for a ttl when the data begin anew, and are replaced by what comes back', () => {
    const known = new KnownInstances(1_000);
    known.take({ since: '1', instances: [instance('a'), instance('b')] }, 0);
    expect(known.take({ since: '2', instances: [] }, 100)).toBe(false);
    known.take({ since: '2', instances: [] }, 600);
    known.take({ since: '2', instances: [instance('b', { url: 'http://127.0.0.1:2' })] }, 1_099);
    expect(ids(known)).toBe('a,b');
    expect(known.list[1]?.url).toBe('http://127.0.0.1:2');
    expect(known.take({ since: '2', instances: [instance('b', { url: 'http://127.0.0.1:2' })] }, 1_100)).toBe(true);
    expect(ids(known)).toBe('b');
  });

  it('stay longer when Redis is away again in that time', () => {
    const known = new KnownInstances(1_000);
    known.take({ since: '1', instances: [instance('a')] }, 0);
    known.take({ since: '2', instances: [] }, 100);
    known.take({ since: '2', instances: [] }, 5_000);
    known.take({ since: '2', instances: [] }, 5_500);
    known.take({ since: '2', instances: [] }, 5_999);
    expect(ids(known)).toBe('a');
    known.take({ since: '2', instances: [] }, 6_000);
    expect(ids(known)).toBe('');
  });

  it('are not kept when they are known to be gone', () => {
    const known = new KnownInstances(1_000);
    known.take({ since: '1', instances: [instance('a'), instance('b')] }, 0);
    known.take({ since: '2', instances: [] }, 100);
    expect(known.forget('a')).toBe(true);
    expect(known.forget('a')).toBe(false);
    known.take({ since: '2', instances: [] }, 101);
    expect(ids(known)).toBe('b');
  });
});
