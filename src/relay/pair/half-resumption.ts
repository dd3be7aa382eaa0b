import { randomBytes, timingSafeEqual } from 'node:crypto';
import { LIMITS } from '../../protocol/limits';
import type { EndToEndMessage, PeerMessage } from '../../protocol/relay-messages';
import { sha256 } from '../../tunnel/sha256';
import { TokenBucket } from '../../tunnel/token-bucket';

export type ResumeRequest = Extract<PeerMessage, { type: 'resume' }>;
/** `overtaken`: of no use any more. */
export type Forwarding = 'forwarded' | 'overtaken' | 'refused';

/** Decides who may resume a half, and which of its messages are forwarded to the other one. */
export class HalfResumption {
  #secretHash: Buffer | undefined;
  #attempt = 0;
  /** The last `continue` of this half. */
  #continued = { renewal: 0, received: 0 };
  #acknowledged = 0;
  /** Of acknowledgements that are not due yet. */
  readonly #early = new TokenBucket(LIMITS.WEBSOCKET_PINGS_PER_MINUTE / 60, LIMITS.WEBSOCKET_PINGS_PER_MINUTE);

  /** A new secret for the peer; only its hash is kept. */
  issueSecret(): string {
    const secret = randomBytes(32).toString('base64url');
    this.#secretHash = sha256(secret);
    return secret;
  }

  accepts({ secret, attempt }: ResumeRequest): boolean {
    if (!this.#secretHash || !timingSafeEqual(sha256(secret), this.#secretHash)) return false;
    if (attempt <= this.#attempt) return false;
    this.#attempt = attempt;
    return true;
  }

  /** The bytes that this half had received at a renewal; undefined: it has not said so yet. */
  receivedAt(renewal: number): number | undefined {
    return this.#continued.renewal === renewal ? this.#continued.received : undefined;
  }

  /** @param sent bytes sent to this half, including those that were lost */
  forwarding(message: EndToEndMessage, { renewal, sent }: { renewal: number; sent: number }): Forwarding {
    if (message.received > sent || message.received < this.#acknowledged) return 'refused';
    const progress = message.received - this.#acknowledged;
    this.#acknowledged = message.received;
    if (message.type === 'acknowledge')
      return progress >= LIMITS.RESUME_ACKNOWLEDGE_BYTES || this.#early.take() === 0 ? 'forwarded' : 'refused';
    if (message.renewal !== renewal || this.#continued.renewal === renewal) return 'overtaken';
    this.#continued = message;
    return 'forwarded';
  }
}
