import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CryptoKey,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importJWK,
  importPKCS8,
  importSPKI,
} from 'jose';
import { ConfigurationError } from './configuration.js';

export const ALGORITHM = 'EdDSA';
const SIGNING_KEY = 'signing-key.pem';
const VERIFICATION_KEY = 'verification-key.pem';

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

/** Whole or not at all, and never over another's: of several that start at once one makes the key. */
async function makeKey(directory: string, file: string): Promise<void> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const partial = `${file}.${randomUUID()}`;
  await writeFile(partial, await exportPKCS8(privateKey), { mode: 0o600 });
  await link(partial, file).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
  await rm(partial);
}

/** Puts the public half into a directory, for those who only verify; what is right there already is left alone. */
export async function publishKey(directory: string, publicKey: CryptoKey): Promise<void> {
  const file = join(directory, VERIFICATION_KEY);
  const text = await exportSPKI(publicKey);
  if ((await textOf(file)) === text) return;
  await mkdir(directory, { recursive: true });
  const partial = `${file}.${randomUUID()}`;
  await writeFile(partial, text, { mode: 0o644 });
  await rename(partial, file);
}

/** The key pair kept in a directory, made there unless there is one. */
export async function signingKeys(
  directory: string,
): Promise<{ readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }> {
  const file = join(directory, SIGNING_KEY);
  if ((await textOf(file)) === undefined) await makeKey(directory, file);
  const privateKey = await importPKCS8(await readFile(file, 'utf8'), ALGORITHM, { extractable: true });
  const { kty, crv, x } = await exportJWK(privateKey);
  const jwk = { kty: kty ?? '', crv: crv ?? '', x: x ?? '' };
  const publicKey = (await importJWK(jwk, ALGORITHM, { extractable: true })) as CryptoKey;
  await publishKey(directory, publicKey);
  return { privateKey, publicKey };
}

/** The public half alone. @throws ConfigurationError when there is none */
export async function verificationKey(directory: string): Promise<CryptoKey> {
  const text = await textOf(join(directory, VERIFICATION_KEY));
  if (text !== undefined) return importSPKI(text, ALGORITHM);
  throw new ConfigurationError(
    `${directory} holds no ${VERIFICATION_KEY}; name the directory that has one in IDENTITY_DIR, or make one: npm run admin -- token`,
  );
}
