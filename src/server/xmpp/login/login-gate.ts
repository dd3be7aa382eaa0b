import { createHmac } from 'node:crypto';
import { NAME_PATTERN } from '../../../protocol/names';
import { AccountGuard, type Attempt } from './account-guard';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from './agent-accounts';
import { networkOf } from '../../../tunnel/network-of';
import { SCRAM_ITERATIONS, SCRAM_SALT_BYTES } from './scram';
import type { XmppLimits } from '../xmpp-limits';

export interface Login {
  readonly keys: ScramKeys;
  readonly attempt: Attempt;
}

/**
 * Decides which keys a login is checked against. A name without an account gets a constant salt derived from the name, and
 * the same limits, so that an unauthenticated peer cannot find out which names exist (RFC 5802 9).
 */
export class LoginGate {
  private readonly accountGuard: AccountGuard;
  /** Separate, so that invented names cannot displace real accounts from the guard's bounded memory. */
  private readonly unknownNameGuard: AccountGuard;

  constructor(
    private readonly accounts: AgentAccounts,
    private readonly fakeSaltSecret: Buffer,
    limits: XmppLimits,
  ) {
    this.accountGuard = new AccountGuard(limits);
    this.unknownNameGuard = new AccountGuard(limits);
  }

  /** Undefined: too many failures, refused for now. Rejects if the accounts cannot be read. */
  async begin(name: string, algorithm: ScramAlgorithm, address: string): Promise<Login | undefined> {
    const fake = this.fakeKeys(name, algorithm);
    const real = NAME_PATTERN.test(name) ? await this.accounts.scramKeys(name, algorithm) : undefined;
    const guard = real ? this.accountGuard : this.unknownNameGuard;
    const attempt = guard.admit(name.slice(0, 64), networkOf(address));
    return attempt && { keys: real ?? fake, attempt };
  }

  private fakeKeys(name: string, algorithm: ScramAlgorithm): ScramKeys {
    const derive = (purpose: string): Buffer =>
      createHmac(algorithm, this.fakeSaltSecret).update(`${purpose}\0${algorithm}\0${name}`).digest();
    return {
      salt: derive('salt').subarray(0, SCRAM_SALT_BYTES),
      iterations: SCRAM_ITERATIONS,
      storedKey: derive('stored key'),
      serverKey: derive('server key'),
    };
  }
}
