import { timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { accessDenied, notAuthenticated } from './protocol/failure.js';

/** The one user that is let in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Checks who calls. @throws CallFailure */
export type AccessCheck = (call: { readonly metadata: Metadata }) => void;

/** Lets everybody in, or only who names the user and the password. */
export function accessCheck(allowed: Credentials | undefined): AccessCheck {
  if (!allowed) return () => undefined;
  const wanted = Buffer.from(`${allowed.username}:${allowed.password}`);
  return ({ metadata }) => {
    const [authorization] = metadata.get('authorization');
    if (authorization === undefined) throw accessDenied();
    const given = Buffer.from(String(authorization).replace(/^Basic /i, ''), 'base64');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw notAuthenticated();
  };
}
