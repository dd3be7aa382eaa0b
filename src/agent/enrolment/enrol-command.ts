import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ZodError } from 'zod';
import { readProxy } from '../configuration/proxy';
import { fingerprintOf, signingKeyOf } from '../../tunnel/signing-key';
import {
  CredentialsUnusable,
  credentialsFileFor,
  ENROL_AGAIN,
  readCredentials,
  refuseExisting,
  signerOf,
  storeCredentials,
  storedKey,
} from './credentials';
import { enrol } from './enrolment';

export interface EnrolOptions {
  readonly config: string;
  readonly credentials?: string;
  readonly server: string;
  /** PEM file. */
  readonly authority?: string;
  readonly force: boolean;
}

/** `platen agent enrol`: stores the account, or reports the error in one line (exit code 1). */
export async function enrolAgent(code: string, options: EnrolOptions): Promise<void> {
  const file = options.credentials ?? credentialsFileFor(options.config);
  try {
    // Checked first, because the code works only once.
    if (!options.force) await refuseExisting(file);
    const authority = options.authority === undefined ? undefined : await readFile(options.authority, 'utf8');
    const outbound = await readProxy(options.config, process.env);
    const presented = code === '-' ? await presentedCode(process.stdin, process.stderr) : code;
    const { privateKey } = generateKeyPairSync('ed25519');
    const signingKey = signingKeyOf(privateKey);
    const account = await enrol(presented, options.server, { signingKey }, authority, outbound);
    await storeCredentials(file, { ...account, privateKey: storedKey(privateKey) }, options.force);
    process.stdout.write(`Enrolled as ${account.agentId}. The credentials are in ${file}\n`);
    process.stdout.write(`Fingerprint of this agent's key: ${fingerprintOf(signingKey)}\n`);
    const { releaseKey } = account;
    if (releaseKey !== undefined)
      process.stdout.write(`Firmware must be signed with the key of this fingerprint: ${fingerprintOf(releaseKey)}\n`);
  } catch (error) {
    const message = error instanceof ZodError ? error.issues[0]?.message : (error as Error).message;
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
}

/** `platen agent fingerprint`: what `platen session verify` and the console show for this agent's answers. */
export async function printFingerprint(options: { config: string; credentials?: string }): Promise<void> {
  const file = options.credentials ?? credentialsFileFor(options.config);
  try {
    const signer = signerOf(await readCredentials(file));
    if (!signer) throw new CredentialsUnusable(`${file} contains no signing key. ${ENROL_AGAIN}`);
    process.stdout.write(`${fingerprintOf(signingKeyOf(signer.key))}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** All of `input`; on a terminal one line, after a prompt. */
export async function presentedCode(input: Readable & { isTTY?: boolean }, prompts: Writable): Promise<string> {
  if (!input.isTTY) return text(input);
  prompts.write('Enrolment code: ');
  const lines = createInterface({ input, terminal: false });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}
