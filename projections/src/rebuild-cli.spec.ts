import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';

async function run(...flags: string[]) {
  const argv = ['--import', 'tsx', join(import.meta.dirname, 'rebuild-cli.ts'), ...flags];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { said, code: child.exitCode };
}

it.each([
  [['orders', '--rollback', '--dry-run'], "option '--rollback' cannot be used with option '--dry-run'"],
  [['orders', '--rollback', '--throttle', '5'], "option '--rollback' cannot be used with option '--throttle <n>'"],
  [['orders', '--all'], 'name projections or give --all, not both'],
])(
  'refuses flags that contradict each other: %s',
  async (flags, reason) => {
    expect(await run(...flags, '--data-dir', '/nowhere')).toEqual({ said: expect.stringContaining(reason), code: 1 });
  },
  30_000,
);
