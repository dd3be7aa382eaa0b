import { createHmac } from 'node:crypto';
import { NAME_PATTERN } from '../../../protocol/names';
import { AccountGuard, type Attempt } from './account-guard';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from './agent-accounts';
import { networkOf } from './network-of';
import { SCRAM_ITERATIONS, SCRAM_SALT_BYTES } from './scram';
import type { XmppLimits } from '../xmpp-limits';

export interface Login {
  readonly keys: ScramKeys;
  readonly attempt: Attempt;
}

/**
 * Decides with which keys a login goes on. A name without an account gets a salt made from the name, always the same,
 * and the same limits, so that a stranger cannot find out which names exist (RFC 5802 9).
 */
export class LoginGate {
  private readonly accountGuard: AccountGuard;
  /** Apart, so that made-up names cannot push real accounts out of the guard's bounded memory. */
  private readonly strangerGuard: AccountGuard;

  constructor(
    private readonly accounts: AgentAccounts,
    private readonly fakeSaltSecret: Buffer,
    limits: XmppLimits,
  ) {
    this.accountGuard = new AccountGuard(limits);
    this.strangerGuard = new AccountGuard(limits);
  }

  /** Undefined: too many failures, refused for now. Rejects where the accounts cannot be read. */
  async begin(name: string, algorithm: ScramAlgorithm, address: string): Promise<Login | undefined> {
    const fake = this.fakeKeys(name, algorithm);
    const real = NAME_PATTERN.test(name) ? await this.accounts.scramKeys(name, algorithm) : undefined;
    const guard = real ? this.accountGuard : this.strangerGuard;
    const attempt = guard.admit(name.slice(0, 64), networkOf(address));
    return attempt && { keys: real ?? fake, attempt };
  }

  private fakeKeys(name: string, algorithm: ScramAlgorithm): ScramKeys {
    const derive = (what: string): Buffer =>
      createHmac(algorithm, this.fakeSaltSecret).update(`${what}\0${algorithm}\0${name}`).digest();
    return {
      salt: derive('salt').subarray(0, SCRAM_SALT_BYTES),
      iterations: SCRAM_ITERATIONS,
      storedKey: derive('stored key'),
      serverKey: derive('server key'),
    };
  }
}
