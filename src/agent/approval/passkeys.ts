import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { LIMITS } from '../../protocol/limits';
import { pageProblem } from '../panel/page-http';
import type { Approver, Passkey } from './approver-store';

const CHALLENGES = 100;

/** 40 modules, needed only where passkeys are used. */
const library = () => import('@simplewebauthn/server');

/**
 * Passkeys (WebAuthn) of approvers. Browsers offer them only under a host name with a trusted certificate. Every
 * challenge is for one purpose, once, and for a short time; the oldest gives way when there are too many.
 */
export class Passkeys {
  /** challenge -> phone ID of the registration, or null for a login */
  readonly #challenges = new Map<string, { readonly phoneId: string | null; readonly until: number }>();

  /**
   * @param name host name of the LAN page, the relying party's ID
   * @param origin of the LAN page, as browsers send it
   */
  constructor(
    private readonly name: string,
    private readonly origin: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** For `navigator.credentials.create`. */
  async registrationOptions(phoneId: string, approver: Approver): Promise<object> {
    const { generateRegistrationOptions } = await library();
    const options = await generateRegistrationOptions({
      rpName: 'Platen',
      rpID: this.name,
      userName: approver.name,
      userID: new Uint8Array(Buffer.from(approver.id)),
      attestationType: 'none',
      timeout: LIMITS.PASSKEY_CHALLENGE_MS,
      excludeCredentials: approver.passkeys.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    this.#remember(options.challenge, phoneId);
    return options;
  }

  /** @throws PageProblem passkey-refused */
  async register(phoneId: string, response: unknown): Promise<Passkey> {
    const { verifyRegistrationResponse } = await library();
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: response as RegistrationResponseJSON,
      expectedChallenge: (challenge) => this.#take(challenge, phoneId),
      expectedOrigin: this.origin,
      expectedRPID: this.name,
      requireUserVerification: true,
    }).catch(refused);
    if (!verified) return refused();
    const { id, publicKey, counter } = registrationInfo.credential;
    return { id, publicKey: Buffer.from(publicKey).toString('base64url'), counter };
  }

  /** For `navigator.credentials.get`; the same for everybody. */
  async loginOptions(): Promise<object> {
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({
      rpID: this.name,
      timeout: LIMITS.PASSKEY_CHALLENGE_MS,
      userVerification: 'required',
    });
    this.#remember(options.challenge, null);
    return options;
  }

  /** @returns the passkey with its new counter @throws PageProblem passkey-refused */
  async verify(passkey: Passkey, response: unknown): Promise<Passkey> {
    const { verifyAuthenticationResponse } = await library();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      expectedChallenge: (challenge) => this.#take(challenge, null),
      expectedOrigin: this.origin,
      expectedRPID: this.name,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
      requireUserVerification: true,
    }).catch(refused);
    if (!verified) return refused();
    return { ...passkey, counter: authenticationInfo.newCounter };
  }

  #remember(challenge: string, phoneId: string | null): void {
    this.#challenges.set(challenge, { phoneId, until: this.now() + LIMITS.PASSKEY_CHALLENGE_MS });
    for (const oldest of this.#challenges.keys()) {
      if (this.#challenges.size <= CHALLENGES) return;
      this.#challenges.delete(oldest);
    }
  }

  #take(challenge: string, phoneId: string | null): boolean {
    const found = this.#challenges.get(challenge);
    this.#challenges.delete(challenge);
    return found !== undefined && found.phoneId === phoneId && found.until > this.now();
  }
}

/** The library's messages are for developers. */
function refused(): never {
  throw pageProblem('passkey-refused', 'the passkey was not accepted; try again, or use the PIN');
}
