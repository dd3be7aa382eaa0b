import { randomBytes } from 'node:crypto';
import { secretHash } from '../../tunnel/sha256';

/** A bounded set of random secrets, stored as hashes. Above `limit` the oldest is dropped. */
export class IssuedSecrets {
  private readonly expiries = new Map<string, number>();

  constructor(private readonly limit: number) {}

  /** @param forMs lifetime of the secret; default: no expiry. @returns 32 random bytes, base64url */
  issue(forMs = Infinity): string {
    const secret = randomBytes(32).toString('base64url');
    this.expiries.set(secretHash(secret), performance.now() + forMs);
    for (const oldest of this.expiries.keys()) {
      if (this.expiries.size <= this.limit) break;
      this.expiries.delete(oldest);
    }
    return secret;
  }

  isValid(secret: string | undefined): boolean {
    return secret !== undefined && (this.expiries.get(secretHash(secret)) ?? 0) > performance.now();
  }

  /** Whether the secret is valid; invalidates it. */
  redeem(secret: string): boolean {
    const valid = this.isValid(secret);
    this.expiries.delete(secretHash(secret));
    return valid;
  }
}
