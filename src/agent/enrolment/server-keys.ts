import type { z } from 'zod';
import type { Journal } from '../../journal/journal';
import type { nextKey } from '../../protocol/control-channel';
import { ProblemError } from '../../protocol/problems';
import { signerOfNextKey } from '../../tunnel/next-key';
import type { Trust } from '../../tunnel/pinned-tls';
import { readCredentials, storeCredentials, type Credentials } from './credentials';

/**
 * The keys of the server that this agent accepts: the present one, and the next one, which the present one has announced.
 * Once the server uses the next one, the present one is forgotten.
 */
export class ServerKeys {
  #present: string;
  #next: string | undefined;

  /** @param file of the credentials, which it changes */
  constructor(
    private readonly credentials: Credentials,
    private readonly file: string,
    private readonly journal: Journal,
  ) {
    this.#present = credentials.pin;
    this.#next = credentials.nextPin;
  }

  get trust(): Pick<Trust, 'pin' | 'nextPin'> & { pin: string } {
    return { pin: this.#present, nextPin: this.#next };
  }

  /** Returns once the next key is stored. @throws ProblemError if a key that this agent accepts has not signed it */
  async learn(announced: z.infer<typeof nextKey.request>): Promise<void> {
    const signer = signerOfNextKey(announced);
    if (signer === undefined || (signer !== this.#present && signer !== this.#next))
      throw new ProblemError('forbidden', 'The present key of the server has not signed the next one.');
    if (announced.pin === this.#next || announced.pin === this.#present) return;
    await this.#store(signer, announced.pin);
    this.journal.info('the server has announced the next key of the control channel', {
      keyFingerprint: announced.pin,
    });
  }

  /** The server has proved that it has this key. */
  async used(pin: string): Promise<void> {
    if (pin !== this.#next) return;
    await this.#store(pin, undefined);
    this.journal.info('the server uses the key of the control channel that it had announced', { keyFingerprint: pin });
  }

  async #store(pin: string, nextPin: string | undefined): Promise<void> {
    const stored = await readCredentials(this.file);
    // enrolled again while this agent runs
    if (stored.password !== this.credentials.password)
      throw new ProblemError('conflict', 'This agent has been enrolled again. Restart it.');
    await storeCredentials(this.file, { ...stored, pin, nextPin }, true);
    [this.#present, this.#next] = [pin, nextPin];
  }
}
