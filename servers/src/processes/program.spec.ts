import { describe, expect, it } from '@jest/globals';
import { isPortFree } from '@order-flow/service-kit';
import { freePorts } from './ports.js';
import { majorVersion, requireProgram } from './program.js';
import { runProgram } from './run-program.js';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

describe('a program that is needed', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_392"', 8],
    ['Apache Maven 3.8.7', 3],
  ])('has the major version it says: %s', (text, version) => {
    expect(majorVersion(text)).toBe(version);
  });

  it('has to be there and new enough, or the remedy is told', async () => {
    const node = { command: process.execPath, versionArgument: '--version', remedy: 'install it' };
    await expect(requireProgram({ ...node, atLeast: 1 })).resolves.toBeUndefined();
    await expect(requireProgram({ ...node, atLeast: 1_000 })).rejects.toThrow(/1000 or newer is needed.*install it/);
    await expect(requireProgram({ ...node, command: 'no-such-program', atLeast: 1 })).rejects.toThrow(
      'no-such-program is needed and was not found; install it',
    );
  });

  it('that fails, or hangs, is told with what it said', async () => {
    await expect(runProgram(process.execPath, ['-e', ''], 10_000)).resolves.toBeUndefined();
    const failing = ['-e', 'console.error("the cause"); process.exit(3)'];
    await expect(runProgram(process.execPath, failing, 10_000)).rejects.toThrow(/failed \(3\):\nthe cause/);
    await expect(runProgram(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], 300)).rejects.toThrow(
      'took longer than 0.3 s',
    );
  });
});

it('tells free ports from taken ones', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await isPortFree((server.address() as AddressInfo).port)).toBe(false);
  const closed = once(server, 'close');
  server.close();
  await closed;
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
});
