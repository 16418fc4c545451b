import { AccountId } from '@order-flow/contracts';
import { type CryptoKey, decodeJwt, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { BoundedMap } from './bounded-map.js';
import { ALGORITHM, publishKey, signingKeys, verificationKey } from './identity-keys.js';

const ISSUER = 'kafka-order-flow';
const CACHE_LIMIT = 10_000;

export const ROLES = ['customer', 'operator', 'service'] as const;
export type Role = (typeof ROLES)[number];

/** Who calls. A customer's `subject` is their account id. */
export interface Caller {
  readonly subject: string;
  readonly role: Role;
}

const Claims = z.object({ sub: AccountId, role: z.enum(ROLES), exp: z.number() });

/** The token is missing, malformed, expired or signed by somebody else. */
export class UnauthenticatedError extends Error {
  readonly code = 'UNAUTHENTICATED';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnauthenticatedError';
  }
}

const bearerOf = (header: string | undefined): string | undefined =>
  /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '')?.[1];

/**
 * Until when an Authorization header that was authenticated holds, for what goes on longer than a request.
 * @returns milliseconds since 1970
 */
export const expiryOf = (header: string): number => (decodeJwt(bearerOf(header) ?? '').exp ?? 0) * 1_000;

/** Issues and verifies this installation's JWTs (EdDSA). */
export class Identity {
  readonly #verified = new BoundedMap<string, { caller: Caller; exp: number }>(CACHE_LIMIT);

  private constructor(
    /** Whoever only verifies has none. */
    readonly privateKey: CryptoKey | undefined,
    readonly publicKey: CryptoKey,
  ) {}

  /** A key that lives as long as the process, for tests. */
  static async ephemeral(): Promise<Identity> {
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    return new Identity(privateKey, publicKey);
  }

  /** Issues and verifies with the keys kept in `directory` (readable by their owner only), made at the first start. */
  static async fromDirectory(directory: string): Promise<Identity> {
    const { privateKey, publicKey } = await signingKeys(directory);
    return new Identity(privateKey, publicKey);
  }

  /** Only verifies, so that a service needs no signing key. @throws ConfigurationError when there is no key in `directory` */
  static async verifier(directory: string): Promise<Identity> {
    return new Identity(undefined, await verificationKey(directory));
  }

  /** Puts the verification key into `directory`, for verifiers that are to have no part in the signing key. */
  async publish(directory: string): Promise<void> {
    await publishKey(directory, this.publicKey);
  }

  /** @param lifetime e.g. `'12h'`, `'30d'` */
  async issue(caller: Caller, lifetime = '12h'): Promise<string> {
    if (!this.privateKey) throw new Error('whoever only verifies tokens issues none');
    return new SignJWT({ role: caller.role })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setSubject(caller.subject)
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(this.privateKey);
  }

  /** Remembers up to 10,000 verified tokens until they expire. @throws UnauthenticatedError */
  async verify(token: string): Promise<Caller> {
    const known = this.#verified.get(token);
    if (known && known.exp > Date.now() / 1000) return known.caller;
    try {
      const { payload } = await jwtVerify(token, this.publicKey, { issuer: ISSUER, algorithms: [ALGORITHM] });
      const { sub, role, exp } = Claims.parse(payload);
      const caller: Caller = { subject: sub, role };
      this.#verified.set(token, { caller, exp });
      return caller;
    } catch (cause) {
      throw new UnauthenticatedError('the token is invalid or expired', { cause });
    }
  }

  /** @param header the Authorization header. @throws UnauthenticatedError */
  async authenticate(header: string | undefined): Promise<Caller> {
    const token = bearerOf(header);
    if (!token) throw new UnauthenticatedError('a bearer token is needed: Authorization: Bearer <token>');
    return this.verify(token);
  }
}
