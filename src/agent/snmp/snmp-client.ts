import { lookup } from 'node:dns/promises';
import { SocketAddress } from 'node:net';
import {
  AuthProtocols,
  ErrorStatus,
  ObjectType,
  PrivProtocols,
  ResponseInvalidCode,
  SecurityLevel,
  Version1,
  Version2c,
  Version3,
  type Session,
  type User,
  type Varbind,
} from 'net-snmp';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import type { SnmpAccess } from '../configuration/snmp-access';
import { DeviceRefused, DeviceUnreachable } from '../device/device-access';
import { GuardedSession, UnsecuredAnswer } from './guarded-session';
import { below, follows } from './object-identifier';

/** An object's value; undefined: the device has none. */
export type SnmpValue = number | string | Buffer | undefined;

/** Rows by index (`1.3`), each with the values of the columns that were asked for, in their order. */
export interface SnmpRows {
  readonly rows: ReadonlyMap<string, readonly SnmpValue[]>;
  /** false: there are more, or the device failed. */
  readonly isComplete: boolean;
}

/** Objects per request: an answer then usually fits into one datagram of an Ethernet. */
const OBJECTS = 36;

/**
 * One reading of a device by SNMP: a socket of its own, one request at a time, at most SNMP_REQUESTS. It asks for the next
 * objects instead of the objects (RFC 3416 4.2.2), because some devices answer only that.
 */
export class SnmpClient {
  #session: Session | undefined;
  #address: { address: string; family: number } | undefined;
  #requests = 0;
  /** The device fails at GetBulkRequest. */
  #onlyNext: boolean;
  #fail: ((error: Error) => void) | undefined;
  #isClosed = false;
  /** Again, after the first time: each engine ID that a device makes up costs time. */
  #isSynchronized = false;

  /** @param purpose `write`: with the right to write, which only a request that sets something uses */
  constructor(
    private readonly access: SnmpAccess,
    private readonly purpose: 'read' | 'write' = 'read',
  ) {
    this.#onlyNext = access.version === '1';
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.close();
    this.#session = undefined;
    this.#fail?.(new DeviceUnreachable('the reading was ended'));
  }

  /**
   * The rows of a table, at most SNMP_ROWS, in the order of the device.
   * @param columns objects of one table; a scalar is a table with the row `0`
   * @throws DeviceUnreachable, DeviceRefused
   */
  async rows(columns: readonly string[], most: number = LIMITS.SNMP_ROWS): Promise<SnmpRows> {
    const rows = new Map<string, SnmpValue[]>();
    const cursors = new Map(columns.map((column) => [column, column]));
    const failures: DeviceRefused[] = [];
    let isComplete = true;
    while (cursors.size > 0) {
      const answers = await this.#next([...cursors]);
      if (!answers) return { rows, isComplete: false };
      for (const [column, answer] of answers) {
        if (answer === 'end' || answer instanceof DeviceRefused) {
          if (answer !== 'end') failures.push(answer);
          cursors.delete(column);
          continue;
        }
        for (const { oid, value } of answer) {
          const index = below(column, oid);
          const isNext = index !== undefined && value !== null && follows(cursors.get(column) ?? oid, oid);
          if (!isNext || (!rows.has(index) && rows.size >= most)) {
            isComplete &&= index === undefined || value === null;
            cursors.delete(column);
            break;
          }
          cursors.set(column, oid);
          const row = rows.get(index) ?? columns.map(() => undefined);
          row[columns.indexOf(column)] = value;
          rows.set(index, row);
        }
      }
      // an answer may be cut to what fits, but not to nothing
      if (answers.every(([, answer]) => Array.isArray(answer) && answer.length === 0))
        return { rows, isComplete: false };
    }
    if (failures.length === columns.length) throw failures[0] as DeviceRefused;
    return { rows, isComplete: isComplete && failures.length === 0 };
  }

  /** The given objects, without those that the device does not have. @throws DeviceUnreachable, DeviceRefused */
  async objects(oids: readonly string[]): Promise<ReadonlyMap<string, SnmpValue>> {
    const found = new Map<string, SnmpValue>();
    for (let start = 0; start < oids.length; start += OBJECTS) {
      const part = oids.slice(start, start + OBJECTS);
      const values = await this.#ask<Varbind[]>((session, answer) => session.get(part, answer)).catch(
        (error: unknown) => {
          if (error instanceof RequestFailed) return []; // version 1 fails at all of them if it lacks one
          throw error;
        },
      );
      for (const { oid, value } of (values ?? []).map(readVarbind)) if (value !== null) found.set(oid, value);
    }
    return found;
  }

  /** Sets one object to a text. @throws DeviceUnreachable; DeviceRefused with the error status of the device */
  async set(oid: string, text: string): Promise<void> {
    const varbinds = [{ oid, type: ObjectType.OctetString, value: Buffer.from(text, 'utf8') }];
    const answered = await this.#ask<Varbind[]>((session, answer) => session.set(varbinds, answer));
    if (!answered) throw new DeviceRefused(`more than ${LIMITS.SNMP_REQUESTS} requests are needed`);
  }

  /** What follows each cursor, by column; undefined: SNMP_REQUESTS are used up. */
  async #next(cursors: Cursor[]): Promise<[column: string, Following][] | undefined> {
    const oids = cursors.map(([, cursor]) => cursor);
    const byColumn = (lists: readonly Varbind[][]): [string, Following][] =>
      cursors.map(([column], index) => [column, (lists[index] ?? []).map(readVarbind)]);
    try {
      if (!this.#onlyNext) {
        const repetitions = Math.max(2, Math.floor(OBJECTS / oids.length));
        const lists = await this.#ask<Varbind[][]>((session, answer) => session.getBulk(oids, 0, repetitions, answer));
        return lists && byColumn(lists);
      }
      const varbinds = await this.#ask<Varbind[]>((session, answer) => session.getNext(oids, answer));
      return varbinds && byColumn(varbinds.map((each) => [each]));
    } catch (error) {
      if (!(error instanceof DeviceRefused && error.mayAnswerLess)) throw error;
      return this.#nextOfLess(cursors, error);
    }
  }

  /** After a failure: without GetBulkRequest, then one column at a time, then without the column. */
  async #nextOfLess(cursors: Cursor[], error: DeviceRefused): Promise<[string, Following][] | undefined> {
    if (!this.#onlyNext) {
      this.#onlyNext = true;
      return this.#next(cursors);
    }
    const [only, another] = cursors;
    // in version 1, noSuchName is the end (RFC 1157 4.1.3)
    if (only && !another)
      return [[only[0], error instanceof RequestFailed && error.status === ErrorStatus.NoSuchName ? 'end' : error]];
    const answers: [string, Following][] = [];
    for (const each of cursors) {
      const answer = await this.#next([each]);
      if (!answer) return undefined;
      answers.push(...answer);
    }
    return answers;
  }

  /** @returns undefined if SNMP_REQUESTS are used up */
  async #ask<T>(
    send: (session: Session, answer: (error: Error | null, value: T) => void) => void,
  ): Promise<T | undefined> {
    for (;;) {
      if (++this.#requests > LIMITS.SNMP_REQUESTS) return undefined;
      const session = (this.#session ??= await this.#open());
      try {
        return await new Promise<T>((resolve, reject) => {
          this.#fail = reject;
          send(session, (error, value) => (error ? reject(error) : resolve(value)));
        });
      } catch (error) {
        // RFC 3414 3.2: the device was restarted, or its clock was set. A new session learns its time again, once in a reading.
        if (!isTimeError(error as Error) || this.#isSynchronized) throw deviceError(error as Error, this.access);
        this.#isSynchronized = true;
        session.close();
        this.#session = undefined;
      }
    }
  }

  async #open(): Promise<Session> {
    const { host, port, version, user } = this.access;
    this.#address ??= await lookup(host).catch((error: NodeJS.ErrnoException) => {
      throw new DeviceUnreachable(`the name ${host} cannot be resolved (${error.code})`, { cause: error });
    });
    if (this.#isClosed) throw new DeviceUnreachable('the reading was ended');
    const { address, family } = this.#address;
    const { community, writeCommunity } = this.access;
    const authenticator = user ? this.#userOf(user) : this.purpose === 'write' ? writeCommunity : community;
    // in the form in which a datagram names its sender
    const canonical = new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address;
    const session = new GuardedSession(canonical, authenticator, {
      version: { '1': Version1, '2c': Version2c, '3': Version3 }[version],
      port,
      transport: family === 6 ? 'udp6' : 'udp4',
      timeout: jittered(LIMITS.SNMP_ANSWER_MS, { least: 0.9, most: 1.1 }),
      retries: LIMITS.SNMP_RETRIES,
      context: user?.context ?? '',
    });
    session.on('error', (error: Error) => {
      if (session === this.#session) this.#fail?.(new InvalidAnswer(error));
    });
    return session;
  }

  #userOf({ name, protocol, isPrivate }: NonNullable<SnmpAccess['user']>): User {
    return {
      name,
      level: isPrivate ? SecurityLevel.authPriv : SecurityLevel.authNoPriv,
      authProtocol: AuthProtocols[AUTHENTICATION[protocol]],
      authKey: this.access.authenticationPassword,
      ...(isPrivate && { privProtocol: PrivProtocols.aes, privKey: this.access.privacyPassword }),
    };
  }
}

const AUTHENTICATION = {
  SHA: 'sha',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
} as const;

/** A column, and the last object of it that was read. */
type Cursor = [column: string, cursor: string];
/** Empty if the answer was cut. */
type Following = readonly ReadVarbind[] | 'end' | DeviceRefused;

interface ReadVarbind {
  readonly oid: string;
  /** null: there is no such object, or no next one. */
  readonly value: Exclude<SnmpValue, undefined> | null;
}

/** RFC 2578 3.5: at most 128 arcs. */
const OID_CHARACTERS = 1_500;
const ABSENT = [ObjectType.NoSuchObject, ObjectType.NoSuchInstance, ObjectType.EndOfMibView];

function readVarbind({ oid, type, value }: Varbind): ReadVarbind {
  if (oid.length > OID_CHARACTERS) return { oid: '', value: null };
  if (ABSENT.includes(type)) return { oid, value: null };
  if (type === ObjectType.Counter64 && Buffer.isBuffer(value)) return { oid, value: numberIn(value) };
  if (typeof value === 'string') return { oid, value: value.slice(0, LIMITS.SNMP_VALUE_BYTES) };
  return { oid, value: Buffer.isBuffer(value) ? value.subarray(0, LIMITS.SNMP_VALUE_BYTES) : value };
}

/** null: more than JavaScript counts exactly. */
function numberIn(bytes: Buffer): number | null {
  if (bytes.length > 9) return null;
  const value = Number(BigInt(`0x${bytes.toString('hex') || '0'}`));
  return Number.isSafeInteger(value) ? value : null;
}

/** The device answers with an error status (RFC 3416 3). */
class RequestFailed extends DeviceRefused {
  constructor(readonly status: number | undefined) {
    const name = Object.keys(ErrorStatus).find((each) => ErrorStatus[each as keyof typeof ErrorStatus] === status);
    super(`the device answers with the error ${name ?? status}`, { mayAnswerLess: true });
  }
}

/** The answer is not SNMP. */
class InvalidAnswer extends DeviceRefused {
  constructor(cause: Error) {
    super(`the answer of the device is not valid SNMP (${cause.message.slice(0, 100)})`, {
      problem: 'invalid-answer',
      mayAnswerLess: true,
      cause,
    });
  }
}

type LibraryError = Error & { code?: number | string; status?: number };

const isTimeError = ({ code, message }: LibraryError): boolean =>
  code === ResponseInvalidCode.ENotInTimeWindow || /^(Not In Time Window|Unknown Engine ID)/.test(message);

/** Of Report PDUs (RFC 3414 3.2), and of this side when it verifies an answer. */
const LOGIN_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^Unknown User Name/, 'the device does not know the user of SNMPv3'],
  [/^Wrong Digest/, 'the device does not accept the authentication password or protocol of SNMPv3'],
  [/^Decryption Error/, 'the device does not accept the privacy password of SNMPv3'],
  [/^Unsupported Security Level/, 'the device does not support the security level of SNMPv3 for this user'],
  [/^Failed to decrypt/, 'the device encrypts with another privacy password of SNMPv3'],
  [/^Authentication digest/, 'the device authenticates with another password of SNMPv3'],
];

/** Never with the library's own text about credentials. */
function deviceError(error: LibraryError, { host, port }: SnmpAccess): Error {
  if (error instanceof DeviceRefused || error instanceof DeviceUnreachable) return error;
  if (error instanceof UnsecuredAnswer) return new DeviceRefused(error.message, { problem: 'invalid-answer' });
  if (error.name === 'RequestTimedOutError')
    return new DeviceUnreachable(`the device does not answer by SNMP (UDP port ${port} of ${host})`);
  if (error.name === 'RequestFailedError') return new RequestFailed(error.status);
  const login = LOGIN_FAULTS.find(([pattern]) => pattern.test(error.message));
  if (login) return new DeviceRefused(login[1], { problem: 'login-refused' });
  if (isTimeError(error))
    return new DeviceRefused('the device refuses the time of SNMPv3 requests, also after synchronization', {
      problem: 'invalid-answer',
    });
  if (typeof error.code === 'string') return new DeviceUnreachable(`the device cannot be reached (${error.code})`);
  return new InvalidAnswer(error);
}
