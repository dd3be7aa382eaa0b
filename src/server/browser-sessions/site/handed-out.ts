import { createHash, randomBytes } from 'node:crypto';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** A few random secrets that were handed out, kept as hashes; the oldest goes when there are more than `limit`. */
export class HandedOut {
  private readonly expiries = new Map<string, number>();

  constructor(private readonly limit: number) {}

  /** @param forMs how long it is good; for ever unless given. @returns 32 random bytes, base64url */
  issue(forMs = Infinity): string {
    const secret = randomBytes(32).toString('base64url');
    this.expiries.set(hashOf(secret), performance.now() + forMs);
    for (const oldest of this.expiries.keys()) {
      if (this.expiries.size <= this.limit) break;
      this.expiries.delete(oldest);
    }
    return secret;
  }

  isGood(secret: string | undefined): boolean {
    return secret !== undefined && (this.expiries.get(hashOf(secret)) ?? 0) > performance.now();
  }

  /** Good once. */
  redeem(secret: string): boolean {
    const good = this.isGood(secret);
    this.expiries.delete(hashOf(secret));
    return good;
  }
}
