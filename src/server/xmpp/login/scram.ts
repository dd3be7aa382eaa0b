import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramAlgorithm, ScramKeys } from './agent-accounts';

const HASH_BYTES: Record<ScramAlgorithm, number> = { sha1: 20, sha256: 32 };
export const SCRAM_SALT_BYTES = 16;
/** RFC 7677 4: at least 4096. More adds nothing: agents' passwords are 32 random bytes. */
export const SCRAM_ITERATIONS = 4096;

/** The keys that the server stores for a password (RFC 5802 3). NFKC is enough for SASLprep: agents' passwords are ASCII. */
export async function scramKeys(
  password: string,
  algorithm: ScramAlgorithm,
  iterations: number = SCRAM_ITERATIONS,
  salt: Buffer = randomBytes(SCRAM_SALT_BYTES),
): Promise<ScramKeys> {
  const length = HASH_BYTES[algorithm];
  const salted = await promisify(pbkdf2)(password.normalize('NFKC'), salt, iterations, length, algorithm);
  return {
    salt,
    iterations,
    storedKey: hash(algorithm, hmac(algorithm, salted, 'Client Key')),
    serverKey: hmac(algorithm, salted, 'Server Key'),
  };
}

/** The parts of a client-first-message (RFC 5802 7). */
export interface ClientFirst {
  readonly gs2Header: string;
  readonly bare: string;
  readonly authorizationId: string | undefined;
  readonly username: string;
  readonly nonce: string;
}

/** Undefined if it is malformed or requires channel binding, which this server does not announce. */
export function readClientFirst(message: string): ClientFirst | undefined {
  const found = /^([ny],(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(message);
  if (!found) return undefined;
  const [, gs2Header, authorizationId, bare, username, nonce] = found as unknown as [
    string,
    string,
    string | undefined,
    string,
    string,
    string,
  ];
  return {
    gs2Header,
    bare,
    authorizationId: authorizationId && saslName(authorizationId),
    username: saslName(username),
    nonce,
  };
}

/** The server side of one SCRAM exchange, after the client's first message. */
export class ScramExchange {
  readonly serverFirst: string;
  private readonly nonce: string;

  constructor(
    private readonly algorithm: ScramAlgorithm,
    private readonly keys: ScramKeys,
    private readonly clientFirst: ClientFirst,
    serverNonce: string = randomBytes(18).toString('base64'),
  ) {
    this.nonce = clientFirst.nonce + serverNonce;
    this.serverFirst = `r=${this.nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`;
  }

  /** The server's final message, or undefined if the client's proof is wrong. */
  verify(clientFinal: string): string | undefined {
    const found = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]*)$/s.exec(clientFinal);
    if (!found) return undefined;
    const [, withoutProof, binding, nonce, proof] = found as unknown as [string, string, string, string, string];
    if (nonce !== this.nonce) return undefined;
    if (Buffer.from(binding, 'base64').toString() !== this.clientFirst.gs2Header) return undefined;
    const authMessage = `${this.clientFirst.bare},${this.serverFirst},${withoutProof}`;
    if (!this.proves(Buffer.from(proof, 'base64'), authMessage)) return undefined;
    return `v=${hmac(this.algorithm, this.keys.serverKey, authMessage).toString('base64')}`;
  }

  private proves(proof: Buffer, authMessage: string): boolean {
    const signature = hmac(this.algorithm, this.keys.storedKey, authMessage);
    if (proof.length !== signature.length) return false;
    const clientKey = Buffer.from(proof.map((byte, i) => byte ^ signature.readUInt8(i)));
    return timingSafeEqual(hash(this.algorithm, clientKey), this.keys.storedKey);
  }
}

/** RFC 5802 5.1: `=2C` is a comma, `=3D` an equals sign. */
const saslName = (text: string): string => text.replaceAll('=2C', ',').replaceAll('=3D', '=');
const hash = (algorithm: ScramAlgorithm, data: Buffer): Buffer => createHash(algorithm).update(data).digest();
const hmac = (algorithm: ScramAlgorithm, key: Buffer, data: string): Buffer =>
  createHmac(algorithm, key).update(data).digest();
