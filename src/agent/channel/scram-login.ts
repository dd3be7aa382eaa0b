import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const HASH = 'sha256';
const HASH_BYTES = 32;
/** RFC 7677 4 asks for at least 4096. A server that demands many more would keep the agent busy. */
const ITERATIONS = { least: 4096, most: 100_000 };
/** GS2 header `n,,`: no channel binding, no other identity; and the same in base64. */
const GS2_HEADER = 'n,,';
const BINDING = 'biws';

/** The server's part of the login is wrong; nothing that it says can be believed. */
export class ServerNotProven extends Error {
  override readonly name = 'ServerNotProven';
}

/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), in the form of a mechanism of the XMPP library. The library's own
 * mechanism does not verify the server's signature, its nonce and its number of iterations.
 */
export class ScramLogin {
  static readonly MECHANISM = 'SCRAM-SHA-256';
  readonly name = ScramLogin.MECHANISM;
  readonly clientFirst = true;
  #bare = '';
  #serverFirst: string | undefined;
  #serverSignature: Buffer | undefined;
  #proven = false;

  /** @param nonce printable ASCII without a comma */
  constructor(private readonly nonce = randomBytes(18).toString('base64')) {}

  /** Whether the server has proved that it knows the password's keys. */
  get isServerProven(): boolean {
    return this.#proven;
  }

  /** The client's first message, then its final one. @throws ServerNotProven */
  async response({ username, password }: { username: string; password: string }): Promise<string> {
    if (this.#serverFirst === undefined) {
      this.#bare = `n=${username},r=${this.nonce}`;
      return GS2_HEADER + this.#bare;
    }
    const { nonce, salt, iterations } = this.#read(this.#serverFirst);
    const salted = await promisify(pbkdf2)(password.normalize('NFKC'), salt, iterations, HASH_BYTES, HASH);
    const withoutProof = `c=${BINDING},r=${nonce}`;
    const message = `${this.#bare},${this.#serverFirst},${withoutProof}`;
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), message);
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash(HASH).update(clientKey).digest(), message);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature.readUInt8(at)));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Takes the server's first message. */
  challenge(message: string): void {
    this.#serverFirst = message;
  }

  /** Takes the server's final message. @throws ServerNotProven if it does not have the right signature */
  success(message: string): void {
    const signature = Buffer.from(/^v=([^,]+)/.exec(message)?.[1] ?? '', 'base64');
    const wanted = this.#serverSignature;
    if (!wanted || signature.length !== wanted.length || !timingSafeEqual(signature, wanted))
      throw new ServerNotProven('the server did not prove that it knows this agent');
    this.#proven = true;
  }

  #read(message: string): { nonce: string; salt: Buffer; iterations: number } {
    const found = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,8})(?:,|$)/.exec(message);
    const [, nonce = '', salt = '', count = ''] = found ?? [];
    if (!nonce.startsWith(this.nonce) || nonce === this.nonce)
      throw new ServerNotProven('the server answered the login with a wrong nonce');
    const iterations = Number(count);
    if (iterations < ITERATIONS.least || iterations > ITERATIONS.most)
      throw new ServerNotProven(`the server asked for ${iterations} iterations in the login`);
    return { nonce, salt: Buffer.from(salt, 'base64'), iterations };
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac(HASH, key).update(text).digest();
