import { createHmac } from 'node:crypto';
import { NAME_PATTERN } from '../../../protocol/names';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from './agent-accounts';
import { SCRAM_ITERATIONS, SCRAM_SALT_BYTES } from './scram';

/**
 * Decides which keys a login is checked against. A name without an account gets a constant salt derived from the name, so
 * that an unauthenticated peer cannot find out which names exist (RFC 5802 9).
 *
 * Failed logins lock nothing: an agent's password is 256 random bits that this server has made, so guessing it is hopeless,
 * and an agent that proves it is admitted, whatever others have tried with its name or from its address.
 */
export class LoginGate {
  constructor(
    private readonly accounts: AgentAccounts,
    private readonly fakeSaltSecret: Buffer,
  ) {}

  /** Rejects if the accounts cannot be read. */
  async keysOf(name: string, algorithm: ScramAlgorithm): Promise<ScramKeys> {
    const fake = this.fakeKeys(name, algorithm);
    const real = NAME_PATTERN.test(name) ? await this.accounts.scramKeys(name, algorithm) : undefined;
    return real ?? fake;
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
