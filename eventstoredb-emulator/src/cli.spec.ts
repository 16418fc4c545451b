import { describe, expect, it } from '@jest/globals';
import { emulatorCommand } from './cli.js';
import type { EmulatorOptions } from './emulator.js';

async function parse(...argv: string[]): Promise<{ options: EmulatorOptions | undefined; said: string }> {
  let options: EmulatorOptions | undefined;
  let said = '';
  const command = emulatorCommand(async (given) => {
    options = given;
  });
  command.exitOverride().configureOutput({ writeErr: (text) => (said += text), writeOut: (text) => (said += text) });
  await command.parseAsync(argv, { from: 'user' }).catch(() => undefined);
  return { options, said };
}

describe('the command line', () => {
  it('says where to listen, where to keep events, and who is let in', async () => {
    const flags = ['--data-dir', '/data', '--port', '0', '--tls-cert', 'c', '--tls-key', 'k', '--user', 'admin:a:b'];
    expect((await parse(...flags)).options).toEqual({
      dataDirectory: '/data',
      host: '127.0.0.1',
      port: 0,
      tls: { certificateFile: 'c', keyFile: 'k' },
      credentials: { username: 'admin', password: 'a:b' },
    });
    expect((await parse('--data-dir', '/data')).options).toEqual({
      dataDirectory: '/data',
      host: '127.0.0.1',
      port: 2113,
    });
  });

  it.each([
    [[], /--data-dir/],
    [['--data-dir', 'd', '--port', '70000'], /'70000' is invalid.*from 0 to 65535/],
    [['--data-dir', 'd', '--tls-cert', 'c'], /--tls-cert and --tls-key need each other/],
    [['--data-dir', 'd', '--user', 'admin:x'], /--user needs --tls-cert/],
    [['--data-dir', 'd', '--user', 'admin'], /a name and a password/],
  ])('refuses %j and says what is needed', async (argv, words) => {
    const { options, said } = await parse(...argv);
    expect(options).toBeUndefined();
    expect(said).toMatch(words);
  });

  it('documents every flag', async () => {
    const { said } = await parse('--help');
    for (const flag of ['--port', '--host', '--data-dir', '--tls-cert', '--tls-key', '--user']) {
      expect(said).toContain(flag);
    }
  });
});
