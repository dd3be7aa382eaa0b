import { randomInt, timingSafeEqual } from 'node:crypto';
import type { PairingCode } from '../../protocol/approver-page';
import { LIMITS } from '../../protocol/limits';
import { secretHash } from '../../tunnel/sha256';
import { pageProblem } from '../panel/page-http';

/** Without characters that look like others. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUP = 4;
/** The first group names the code, so that wrong tries count against that code only. The others are secret: 39 bits. */
const GROUPS = 3;

/** What a pairing code is for: a new approver, or a phone and PIN of one who exists. */
export type PairingPurpose =
  ({ readonly kind: 'new' } & NewApprover) | { readonly kind: 'again'; readonly approverId: string };

/** What the box decides about a new approver. */
export interface NewApprover {
  /** null: all. */
  readonly devices: readonly string[] | null;
  readonly setsConditions: boolean;
}

interface OpenCode {
  readonly purpose: PairingPurpose;
  readonly hash: string;
  readonly expiresAt: number;
  triesLeft: number;
}

/** Pairing codes that have not been used. They are in memory only: a restart of the agent ends them. */
export class PairingCodes {
  readonly #open = new Map<string, OpenCode>();

  /** @param now `performance.now` */
  constructor(private readonly now: () => number) {}

  /** @throws PageProblem too-many-approvers */
  create(purpose: PairingPurpose): PairingCode {
    this.#forgetExpired();
    if (this.#open.size >= LIMITS.PAIRING_CODES)
      throw pageProblem('too-many-approvers', 'too many pairing codes are open; wait until one has expired');
    const groups = Array.from({ length: GROUPS }, randomGroup);
    const [name = ''] = groups;
    if (this.#open.has(name)) return this.create(purpose);
    const expiresAt = this.now() + LIMITS.PAIRING_CODE_MS;
    const hash = secretHash(groups.join(''));
    this.#open.set(name, { purpose, hash, expiresAt, triesLeft: LIMITS.PAIRING_TRIES_PER_CODE });
    return { code: groups.join('-'), validForSeconds: LIMITS.PAIRING_CODE_MS / 1000 };
  }

  /** undefined if the code is wrong, used or expired; too many wrong tries end the code that they name. */
  check(entered: string): { readonly purpose: PairingPurpose; use(): boolean } | undefined {
    this.#forgetExpired();
    const code = entered.toUpperCase().replace(/[^0-9A-Z]/g, '');
    const name = code.slice(0, GROUP);
    const open = this.#open.get(name);
    if (!open) return undefined;
    if (timingSafeEqual(Buffer.from(secretHash(code)), Buffer.from(open.hash)))
      // The one who used it first has it.
      return { purpose: open.purpose, use: () => this.#open.get(name) === open && this.#open.delete(name) };
    open.triesLeft -= 1;
    if (open.triesLeft <= 0) this.#open.delete(name);
    return undefined;
  }

  /** Ends the codes of an approver. */
  forget(approverId: string): void {
    for (const [name, { purpose }] of this.#open)
      if (purpose.kind === 'again' && purpose.approverId === approverId) this.#open.delete(name);
  }

  #forgetExpired(): void {
    for (const [name, { expiresAt }] of this.#open) if (expiresAt <= this.now()) this.#open.delete(name);
  }
}

const randomGroup = (): string => Array.from({ length: GROUP }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
