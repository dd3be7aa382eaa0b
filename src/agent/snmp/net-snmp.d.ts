/** The part of net-snmp 3.29 (which ships no types) that the agent uses. */
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events';

  export const Version1: number;
  export const Version2c: number;
  export const Version3: number;
  export const ObjectType: Readonly<
    Record<
      | 'Integer'
      | 'OctetString'
      | 'OID'
      | 'Counter'
      | 'Gauge'
      | 'TimeTicks'
      | 'Counter64'
      | 'NoSuchObject'
      | 'NoSuchInstance'
      | 'EndOfMibView',
      number
    >
  >;
  export const SecurityLevel: Readonly<Record<'authNoPriv' | 'authPriv', number>>;
  export const AuthProtocols: Readonly<Record<'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512', number>>;
  export const PrivProtocols: Readonly<Record<'aes', number>>;
  export const ErrorStatus: Readonly<Record<'TooBig' | 'NoSuchName', number>>;
  export const ResponseInvalidCode: Readonly<
    Record<'EAuthFailure' | 'ECouldNotDecrypt' | 'ENotInTimeWindow' | 'EUnexpectedReport', number>
  >;
  /** Keys by password and engine ID; the library never removes any. */
  export const Authentication: { authToKeyCache: Record<string, Buffer> };

  export interface Varbind {
    readonly oid: string;
    readonly type: number;
    readonly value: number | string | Buffer | null;
  }
  export interface User {
    readonly name: string;
    readonly level: number;
    readonly authProtocol: number;
    readonly authKey: string;
    readonly privProtocol?: number;
    readonly privKey?: string;
  }
  export interface SessionOptions {
    readonly version: number;
    readonly port: number;
    readonly transport: 'udp4' | 'udp6';
    readonly timeout: number;
    readonly retries: number;
    readonly context?: string;
  }
  /** What the library passes to `onSimpleGetResponse`. */
  export interface Request {
    readonly responseCb: (error: Error) => void;
  }
  export interface Message {
    readonly version: number;
    hasAuthentication(): number | undefined;
    hasPrivacy(): number | undefined;
  }
  type Answer<T> = (error: Error | null, varbinds: T) => void;

  export class Session extends EventEmitter {
    constructor(target: string, authenticator: string | User, options: SessionOptions);
    get(oids: readonly string[], answer: Answer<Varbind[]>): this;
    set(varbinds: readonly Varbind[], answer: Answer<Varbind[]>): this;
    getNext(oids: readonly string[], answer: Answer<Varbind[]>): this;
    getBulk(oids: readonly string[], nonRepeaters: number, maxRepetitions: number, answer: Answer<Varbind[][]>): this;
    close(): this;
    protected onMsg(bytes: Buffer, from: { address: string; port: number }): void;
    protected onSimpleGetResponse(request: Request, message: Message): void;
  }
}
