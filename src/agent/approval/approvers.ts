import { randomBytes, randomUUID } from 'node:crypto';
import type { Journal } from '../../journal/journal';
import type { PairingCode } from '../../protocol/approver-page';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { secretHash } from '../../tunnel/sha256';
import { pageProblem } from '../panel/page-http';
import type { Approver, ApproverStore, Passkey, Phone, StoredApprovers } from './approver-store';
import { AddressTries, pinWaitMs, tooMany } from './attempts';
import { PairingCodes, type NewApprover } from './pairing-codes';
import { hashPin, isPin, isTrivialPin } from './pin';

const TOKEN_BYTES = 32;

type Proof = Phone['proof'];

/** A phone and the approver to whom it belongs. */
export interface PairedPhone {
  readonly phone: Phone;
  readonly approver: Approver;
}

/**
 * The people who may answer on the LAN page. Each has phones, paired once with a code from the box, and a PIN, which is
 * good for nothing without a paired phone. So no one else on the LAN can try PINs, or lock an approver out by doing so.
 */
export class Approvers {
  #stored: StoredApprovers = { approvers: [], phones: [] };
  readonly #codes: PairingCodes;
  readonly #tries: AddressTries;
  /** By phone ID, on `now`. In memory only: after a restart of the agent, the next YES needs the PIN. */
  readonly #provenUntil = new Map<string, number>();
  /** By phone ID, on `now`. */
  readonly #waits = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly store: ApproverStore,
    private readonly journal: Journal,
    private readonly now: () => number = () => performance.now(),
    private readonly hash: (pin: string) => Promise<string> = hashPin,
  ) {
    this.#codes = new PairingCodes(now);
    this.#tries = new AddressTries(now);
  }

  load(): void {
    this.#stored = this.store.load();
    for (const { id, wrongPins } of this.#stored.phones) this.#wait(id, wrongPins);
  }

  get all(): readonly Approver[] {
    return this.#stored.approvers;
  }

  get tries(): AddressTries {
    return this.#tries;
  }

  /** Called after a change of approvers, phones or proofs. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  phonesOf(approverId: string): number {
    return this.#stored.phones.filter((phone) => phone.approverId === approverId).length;
  }

  // ---- at the box

  /** A code for a new approver. @throws PageProblem */
  invite({ devices, setsConditions }: NewApprover): PairingCode {
    if (this.all.length >= LIMITS.APPROVERS_PER_AGENT)
      throw pageProblem('too-many-approvers', `at most ${LIMITS.APPROVERS_PER_AGENT} approvers; remove one first`);
    this.journal.info('pairing code created', { deviceIds: devices, setsConditions });
    return this.#codes.create({ kind: 'new', devices, setsConditions });
  }

  /**
   * A code with which an approver sets a new PIN, at another phone or the same. What they had ends at once: a lost phone
   * must not answer until the code is used. @throws PageProblem
   */
  reset(approverId: string): PairingCode {
    const approver = this.#approver(approverId);
    this.#codes.forget(approverId);
    const code = this.#codes.create({ kind: 'again', approverId });
    this.#save({
      approvers: this.all.map((each) => (each === approver ? { ...each, passkeys: [] } : each)),
      phones: this.#stored.phones.filter((phone) => phone.approverId !== approverId),
    });
    this.journal.info('approver reset; a pairing code was created', { approver: approver.name });
    return code;
  }

  /** Ends all logins of the approver at once. @throws PageProblem */
  remove(approverId: string): void {
    const { name } = this.#approver(approverId);
    this.#codes.forget(approverId);
    this.#save({
      approvers: this.all.filter(({ id }) => id !== approverId),
      phones: this.#stored.phones.filter((phone) => phone.approverId !== approverId),
    });
    this.journal.info('approver removed', { approver: name });
  }

  // ---- at the phone

  /** @returns the token of the phone, for its cookie @throws PageProblem */
  async pair(code: string, name: string | undefined, pin: string, address: string): Promise<string> {
    const tried = this.#tries.begin(address);
    const checked = this.#codes.check(code);
    if (!checked) throw pageProblem('pairing-refused', 'the code is wrong, used or expired; get a new one at the box');
    tried.right();
    const { purpose } = checked;
    this.#checkNew(pin);
    if (purpose.kind === 'new') this.#checkName(name);
    const hash = await this.hash(pin);
    if (purpose.kind === 'new') this.#checkName(name);
    if (!checked.use())
      throw pageProblem('pairing-refused', 'the code is wrong, used or expired; get a new one at the box');
    if (purpose.kind === 'again') {
      const approver = { ...this.#approver(purpose.approverId), pin: hash };
      return this.#addPhone(approver, 'pin');
    }
    const { devices, setsConditions } = purpose;
    const chosen = { devices: devices && [...devices], setsConditions };
    const pairedAt = toInstant(Date.now());
    return this.#addPhone({ id: randomUUID(), name: name!, pin: hash, ...chosen, passkeys: [], pairedAt }, 'pin');
  }

  /** The phone that has this token, logged in or not. */
  phoneWith(token: string | undefined): PairedPhone | undefined {
    if (token === undefined) return undefined;
    const hash = secretHash(token); // of 32 random bytes, so that the time of comparing hashes says nothing
    return this.#withApprover(this.#stored.phones.find(({ tokenHash }) => tokenHash === hash));
  }

  /** The phone of this ID if it is logged in. */
  loggedIn(phoneId: string): PairedPhone | undefined {
    const found = this.#withApprover(this.#stored.phones.find(({ id }) => id === phoneId));
    return found && found.phone.loginUntil > Date.now() ? found : undefined;
  }

  /** Until when a YES at this phone needs no further proof, on the clock `now`; undefined: it needs one. */
  provenUntil(phoneId: string): number | undefined {
    const until = this.#provenUntil.get(phoneId) ?? 0;
    return until > this.now() ? until : undefined;
  }

  /** Logs in at a paired phone, or proves again who answers. @throws PageProblem */
  async login({ phone }: PairedPhone, pin: string): Promise<void> {
    const { approver } = await this.#checkPin(phone.id, pin);
    this.#update(phone.id, approver, 'pin');
  }

  logout({ phone }: PairedPhone): void {
    this.#provenUntil.delete(phone.id);
    this.#savePhone(phone.id, { loginUntil: 0 });
  }

  /** Ends the logins of the approver's other phones. @throws PageProblem */
  async changePin({ phone }: PairedPhone, pin: string, newPin: string): Promise<void> {
    this.#checkNew(newPin);
    await this.#checkPin(phone.id, pin);
    const hash = await this.hash(newPin);
    const { approver } = this.#stillPaired(phone.id);
    for (const { id, approverId } of this.#stored.phones)
      if (approverId === approver.id && id !== phone.id) this.#provenUntil.delete(id);
    this.#save({
      approvers: this.all.map((each) => (each.id === approver.id ? { ...each, pin: hash } : each)),
      phones: this.#stored.phones.map((each) =>
        each.approverId === approver.id && each.id !== phone.id ? { ...each, loginUntil: 0 } : each,
      ),
    });
    this.journal.info('PIN changed', { approver: approver.name });
  }

  // ---- passkeys

  addPasskey({ approver }: PairedPhone, passkey: Passkey): void {
    const { passkeys } = this.#approver(approver.id);
    if (passkeys.length >= LIMITS.PASSKEYS_PER_APPROVER)
      throw pageProblem('too-many-approvers', `at most ${LIMITS.PASSKEYS_PER_APPROVER} passkeys for each approver`);
    this.#savePasskeys(approver.id, [...passkeys, passkey]);
    this.journal.info('passkey added', { approver: approver.name });
  }

  passkey(id: string): { readonly passkey: Passkey; readonly approver: Approver } | undefined {
    for (const approver of this.all)
      for (const passkey of approver.passkeys) if (passkey.id === id) return { passkey, approver };
    return undefined;
  }

  /**
   * Logs in with a passkey whose answer was verified, at this phone or at a new one.
   * @returns the token of a new phone; undefined if the phone was that of the approver
   */
  loginWithPasskey(passkey: Passkey, approverId: string, at: PairedPhone | undefined): string | undefined {
    const { passkeys } = this.#approver(approverId);
    this.#savePasskeys(
      approverId,
      passkeys.map((each) => (each.id === passkey.id ? passkey : each)),
    );
    const approver = this.#approver(approverId);
    if (at?.approver.id !== approverId) return this.#addPhone(approver, 'passkey');
    this.#update(at.phone.id, approver, 'passkey');
    return undefined;
  }

  // ----

  #checkNew(pin: string): void {
    if (isTrivialPin(pin)) throw pageProblem('weak-pin', 'this PIN is easy to guess; choose another one');
  }

  #checkName(name: string | undefined): void {
    if (name === undefined) throw pageProblem('name-required', 'enter your name');
    const same = name.toLowerCase();
    if (this.all.some((each) => each.name.toLowerCase() === same))
      throw pageProblem('name-taken', 'another approver has this name; add something to yours');
  }

  /** Counts the try as wrong before the check, so that checks at the same time cannot exceed the limit. */
  async #checkPin(phoneId: string, pin: string): Promise<PairedPhone> {
    const { phone, approver } = this.#stillPaired(phoneId);
    const waitUntil = this.#waits.get(phoneId) ?? 0;
    if (waitUntil > this.now()) throw tooMany('too many wrong PINs at this phone', waitUntil - this.now());
    const wrongPins = phone.wrongPins + 1;
    if (wrongPins > LIMITS.PIN_TRIES_PER_PHONE) this.#unpair(phoneId, approver);
    else this.#savePhone(phoneId, { wrongPins });
    this.#wait(phoneId, wrongPins);
    const right = await isPin(pin, approver.pin);
    const still = this.#stillPaired(phoneId);
    if (!right || still.approver.pin !== approver.pin) {
      this.journal.warn('wrong PIN', { approver: approver.name, wrongPins });
      const waitMs = pinWaitMs(wrongPins);
      throw pageProblem('pin-refused', 'wrong PIN', waitMs > 0 ? Math.ceil(waitMs / 1000) : undefined);
    }
    this.#savePhone(phoneId, { wrongPins: 0 });
    this.#waits.delete(phoneId);
    return still;
  }

  #unpair(phoneId: string, approver: Approver): never {
    this.#save({ ...this.#stored, phones: this.#stored.phones.filter(({ id }) => id !== phoneId) });
    this.journal.warn('a phone was unpaired after too many wrong PINs', { approver: approver.name });
    throw pageProblem('not-paired', 'too many wrong PINs; pair this phone again at the box');
  }

  #wait(phoneId: string, wrongPins: number): void {
    const waitMs = pinWaitMs(wrongPins);
    if (waitMs > 0) this.#waits.set(phoneId, this.now() + waitMs);
  }

  /** Stores a new phone together with its approver. The oldest gives way if there are too many. @returns its token */
  #addPhone(approver: Approver, proof: Proof): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const phone: Phone = {
      id: randomUUID(),
      approverId: approver.id,
      tokenHash: secretHash(token),
      proof,
      loginUntil: Date.now() + LIMITS.APPROVER_LOGIN_MS,
      wrongPins: 0,
    };
    const theirs = this.#stored.phones.filter(({ approverId }) => approverId === approver.id);
    const kept = [...theirs, phone].slice(-LIMITS.PHONES_PER_APPROVER);
    this.#provenUntil.set(phone.id, this.now() + LIMITS.APPROVER_PROOF_MS);
    this.#save({
      approvers: [...this.all.filter(({ id }) => id !== approver.id), approver],
      phones: [...this.#stored.phones.filter(({ approverId }) => approverId !== approver.id), ...kept],
    });
    this.journal.info('phone paired', { approver: approver.name, proof });
    return token;
  }

  #update(phoneId: string, approver: Approver, proof: Proof): void {
    this.#provenUntil.set(phoneId, this.now() + LIMITS.APPROVER_PROOF_MS);
    this.#savePhone(phoneId, { proof, loginUntil: Date.now() + LIMITS.APPROVER_LOGIN_MS });
    this.journal.info('approver logged in', { approver: approver.name, proof });
  }

  #approver(id: string): Approver {
    const found = this.all.find((each) => each.id === id);
    if (!found) throw pageProblem('not-paired', 'this approver has been removed');
    return found;
  }

  #stillPaired(phoneId: string): PairedPhone {
    const found = this.#withApprover(this.#stored.phones.find(({ id }) => id === phoneId));
    if (!found) throw pageProblem('not-paired', 'this phone is no longer paired');
    return found;
  }

  #withApprover(phone: Phone | undefined): PairedPhone | undefined {
    const approver = phone && this.all.find(({ id }) => id === phone.approverId);
    return phone && approver && { phone, approver };
  }

  #savePhone(phoneId: string, change: Partial<Phone>): void {
    const phones = this.#stored.phones.map((each) => (each.id === phoneId ? { ...each, ...change } : each));
    this.#save({ ...this.#stored, phones });
  }

  #savePasskeys(approverId: string, passkeys: Passkey[]): void {
    const approvers = this.all.map((each) => (each.id === approverId ? { ...each, passkeys } : each));
    this.#save({ ...this.#stored, approvers });
  }

  /** On disk first: what is not stored does not take effect. */
  #save(next: StoredApprovers): void {
    this.store.save(next);
    this.#stored = next;
    const paired = new Set(next.phones.map(({ id }) => id));
    for (const map of [this.#provenUntil, this.#waits])
      for (const id of map.keys()) if (!paired.has(id)) map.delete(id);
    for (const listener of this.#listeners) listener();
  }
}
