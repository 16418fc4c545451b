import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../processes/run-program.js';
import { javaTool } from '../processes/java.js';

/** What the secure listener needs and a client is given. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Holds the password alone, mode 0600. */
  readonly passwordFile: string;
  /** The listener's certificate, self-signed: the authority a client has to trust. */
  readonly certificateFile: string;
  readonly keyStoreFile: string;
  readonly keyStorePassword: string;
}

const USERNAME = 'order-flow';
const PRIVATE = { mode: 0o600 };
const newPassword = (): string => randomBytes(24).toString('base64url');

async function create(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keyStore = join(directory, 'keystore.p12');
  const passwordFile = join(directory, 'keystore-password');
  await writeFile(join(directory, 'password'), newPassword(), PRIVATE);
  await writeFile(passwordFile, newPassword(), PRIVATE);
  const keytool = javaTool('keytool');
  // passwords go by file: a command line can be read by everybody on the machine
  const common = ['-alias', 'kafka', '-keystore', keyStore, '-storetype', 'PKCS12', '-storepass:file', passwordFile];
  const subject = ['-dname', 'CN=order-flow test broker', '-ext', 'san=ip:127.0.0.1,dns:localhost', '-ext', 'bc:c'];
  const pair = ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650'];
  await runProgram(keytool, [...pair, ...subject, ...common], 60_000);
  await runProgram(keytool, ['-exportcert', '-rfc', '-file', join(directory, 'certificate.pem'), ...common], 60_000);
}

/** The credentials in a state directory, generated at first. @throws ServerError when keytool fails */
export async function credentialsIn(stateDir: string): Promise<Credentials> {
  const directory = join(stateDir, 'secure');
  if (!existsSync(directory)) {
    const draft = `${directory}.draft`;
    await rm(draft, { recursive: true, force: true });
    await create(draft);
    await rename(draft, directory);
  }
  const passwordFile = join(directory, 'password');
  return {
    username: USERNAME,
    password: await readFile(passwordFile, 'utf8'),
    passwordFile,
    certificateFile: join(directory, 'certificate.pem'),
    keyStoreFile: join(directory, 'keystore.p12'),
    keyStorePassword: await readFile(join(directory, 'keystore-password'), 'utf8'),
  };
}
