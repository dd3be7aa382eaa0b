import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Request } from 'express';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import type { Actor } from '../actor';
import { PasskeyRefused } from '../auth.errors';
import type { SecondFactorEntity } from './second-factor.entity';

/** 40 modules, needed only where passkeys are used. */
const library = () => import('@simplewebauthn/server');

interface StoredChallenge {
  readonly challenge: string;
  readonly purpose: 'login' | 'registration';
  /** Milliseconds since 1970. */
  readonly until: number;
}
declare module 'express-session' {
  interface SessionData {
    passkey?: StoredChallenge;
  }
}

export interface NewPasskey {
  readonly credentialId: string;
  /** In base64url. */
  readonly publicKey: string;
  readonly counter: number;
}

/**
 * Passkeys (WebAuthn) of users. Each challenge is bound to the browser that asked for it, for one purpose, once. The
 * authenticator always verifies its user, by PIN or biometrics, so a passkey is two factors in one.
 */
@Injectable()
export class Passkeys {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Browsers have passkeys under names only, not under addresses. */
  isAvailable(request: Request): boolean {
    const { hostname, protocol } = new URL(this.originOf(request));
    return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 && (protocol === 'https:' || hostname === 'localhost');
  }

  /** For `navigator.credentials.create`. */
  async registrationOptions(request: Request, actor: Actor, known: readonly SecondFactorEntity[]) {
    const { generateRegistrationOptions } = await library();
    const options = await generateRegistrationOptions({
      rpName: 'Platen',
      rpID: new URL(this.originOf(request)).hostname,
      userName: actor.username,
      userDisplayName: actor.displayName,
      userID: new Uint8Array(Buffer.from(actor.userId)),
      attestationType: 'none',
      timeout: LIMITS.PASSKEY_CHALLENGE_MS,
      excludeCredentials: known.flatMap(({ credentialId }) => (credentialId ? [{ id: credentialId }] : [])),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    remember(request, options.challenge, 'registration');
    return options;
  }

  /** @throws PasskeyRefused */
  async register(request: Request, response: unknown): Promise<NewPasskey> {
    const expectedChallenge = take(request, 'registration');
    const { verifyRegistrationResponse } = await library();
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response as RegistrationResponseJSON,
      expectedChallenge,
      expectedOrigin: this.originOf(request),
      expectedRPID: new URL(this.originOf(request)).hostname,
      requireUserVerification: true,
    }).catch(refused);
    if (!verified) return refused();
    const { id, publicKey, counter } = registrationInfo.credential;
    return { credentialId: id, publicKey: Buffer.from(publicKey).toString('base64url'), counter };
  }

  /** For `navigator.credentials.get`. @param known those of the user whose login is pending; empty: of any user */
  async loginOptions(request: Request, known: readonly SecondFactorEntity[]) {
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({
      rpID: new URL(this.originOf(request)).hostname,
      timeout: LIMITS.PASSKEY_CHALLENGE_MS,
      userVerification: 'required',
      allowCredentials: known.flatMap(({ credentialId }) => (credentialId ? [{ id: credentialId }] : [])),
    });
    remember(request, options.challenge, 'login');
    return options;
  }

  /** @returns the new signature counter; 0: the authenticator has none @throws PasskeyRefused */
  async verify(request: Request, { credentialId, secret, counter }: SecondFactorEntity, response: unknown) {
    const expectedChallenge = take(request, 'login');
    const { verifyAuthenticationResponse } = await library();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      expectedChallenge,
      expectedOrigin: this.originOf(request),
      expectedRPID: new URL(this.originOf(request)).hostname,
      credential: { id: credentialId!, publicKey: new Uint8Array(Buffer.from(secret, 'base64url')), counter },
      requireUserVerification: true,
    }).catch(refused);
    if (!verified) return refused();
    return authenticationInfo.newCounter;
  }

  /** Without PLATEN_PUBLIC_URL, the server is on loopback, and its name is the one in the request. */
  private originOf(request: Request): string {
    const { publicUrl } = this.config.http;
    if (publicUrl !== undefined) return new URL(publicUrl).origin;
    return `${request.secure ? 'https' : 'http'}://${request.get('host') ?? 'localhost'}`;
  }
}

function remember(request: Request, challenge: string, purpose: StoredChallenge['purpose']): void {
  // a login, or a pending one, keeps its own expiry
  if (!request.user && !request.session.pending) request.session.cookie.maxAge = LIMITS.PENDING_LOGIN_MS;
  request.session.passkey = { challenge, purpose, until: Date.now() + LIMITS.PASSKEY_CHALLENGE_MS };
}

/** @throws PasskeyRefused */
function take(request: Request, purpose: StoredChallenge['purpose']): string {
  const stored = request.session?.passkey;
  if (request.session) delete request.session.passkey;
  if (!stored || stored.purpose !== purpose || stored.until <= Date.now()) throw new PasskeyRefused();
  return stored.challenge;
}

/** The library's messages are for developers. */
function refused(): never {
  throw new PasskeyRefused();
}
