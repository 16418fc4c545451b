import { describe, expect, it } from '@jest/globals';
import type { NewInstance, ServiceDirectory } from '../service-directory.js';
import { type CoordinationBackend, eventually, on } from './fixture.js';

export const instance = (id: string, service = 'command-service'): NewInstance => ({
  service,
  id,
  url: `http://127.0.0.1:1/${id}`,
});

export const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id).sort();

/** Until a directory lists exactly these instances of the command service as UP. */
export const untilUp = (directory: ServiceDirectory, ...expected: readonly string[]): Promise<void> =>
  eventually(() => ids(directory.instances('command-service')).join() === [...expected].sort().join());

export function directoryContract(backend: CoordinationBackend): void {
  describe('its directory', () => {
    it(
      'lists what is registered, without what drains, until it is removed',
      on(backend, async ({ one: { directory }, other }) => {
        const before = Date.now() - 1_000;
        const first = await directory.register(instance('a'));
        await directory.register(instance('b'));
        await directory.register(instance('p', 'projections'));
        await untilUp(other.directory, 'a', 'b');
        await eventually(() => other.directory.instances('projections').length === 1);
        const [found] = other.directory.instances('projections');
        expect(found).toMatchObject({ ...instance('p', 'projections'), status: 'UP' });
        expect(found!.registeredAt).toBeGreaterThan(before);
        expect(found!.lastHeartbeatAt).toBeGreaterThanOrEqual(found!.registeredAt);
        await first.drain();
        await untilUp(other.directory, 'b');
        expect(other.directory.all().find(({ id }) => id === 'a')?.status).toBe('DRAINING');
        await first.remove();
        await eventually(() => ids(other.directory.all()).join() === 'b,p');
        expect(other.directory.instances('unknown')).toEqual([]);
      }),
    );

    it(
      'tells watchers of every change, with a growing version, and of heartbeats nothing',
      on(backend, async ({ one, other: { directory } }) => {
        const seen: { version: number; list: string }[] = [];
        const stop = directory.watch(() =>
          seen.push({
            version: directory.version,
            list: directory
              .all()
              .map(({ status }) => status)
              .join(),
          }),
        );
        const registration = await one.directory.register(instance('a'));
        await untilUp(directory, 'a');
        await registration.drain();
        await untilUp(directory);
        await registration.remove();
        await eventually(() => directory.all().length === 0);
        stop();
        await one.directory.register(instance('b'));
        await untilUp(directory, 'b');
        expect(seen.map(({ list }) => list)).toEqual(['UP', 'DRAINING', '']);
        const versions = seen.map(({ version }) => version);
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
        expect(directory.version).toBeGreaterThan(versions.at(-1)!);
      }),
    );

    it(
      'does not let an older registration drain or remove a newer one of its id',
      on(backend, async ({ one, other: { directory } }) => {
        const older = await one.directory.register(instance('a'));
        await untilUp(directory, 'a');
        await directory.register({ ...instance('a'), url: 'http://127.0.0.1:2' });
        await older.drain();
        await older.remove();
        await directory.register(instance('later'));
        await untilUp(one.directory, 'a', 'later');
        expect(one.directory.instances('command-service').find(({ id }) => id === 'a')?.url).toBe('http://127.0.0.1:2');
        await untilUp(directory, 'a', 'later');
      }),
    );

    it(
      'does not bring back what was removed',
      on(backend, async ({ one, other }) => {
        const registration = await one.directory.register(instance('a'));
        await registration.remove();
        await registration.drain();
        await one.directory.register(instance('later'));
        await untilUp(other.directory, 'later');
        expect(ids(other.directory.all())).toEqual(['later']);
      }),
    );
  });
}
