import { createPrivateKey, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { enrolment } from '../../protocol/control-channel';
import { spkiPin } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import type { Signer } from '../approval/approval-record';
import { COMMAND } from '../command-name';
import { stateFolderFor } from '../configuration/state-folder';

const credentials = enrolment.extend({
  /** Of the key that the server has announced as the next one of the control channel. */
  nextPin: spkiPin.optional(),
  /** Origin of the server that it was enrolled at. Absent: by a version that did not store it. */
  server: z.url().optional(),
  /** What the certificate of a proxy in front of it is verified with, in place of the trust anchors of this computer. */
  authority: z.string().optional(),
  /**
   * Signs the approval records: Ed25519, PKCS #8 (RFC 5958) in base64url. Absent: the agent was enrolled by a version
   * that had no signing keys.
   */
  privateKey: z
    .string()
    .refine((text) => privateKeyIn(text) !== undefined)
    .optional(),
});
/** Account of this agent at the control plane, from the enrolment, and the key that it made for it. */
export type Credentials = z.infer<typeof credentials>;

/** A private key as the credentials hold it. */
export const storedKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'der' }).toString('base64url');

/** @returns undefined if the text is not an Ed25519 private key */
function privateKeyIn(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(text, 'base64url'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** undefined: the agent was enrolled by a version that had no signing keys. */
export function signerOf({ agentId, privateKey }: Credentials): Signer | undefined {
  const key = privateKey === undefined ? undefined : privateKeyIn(privateKey);
  return key && { agentId, key };
}

/** What to do about credentials without a key. */
export const ENROL_AGAIN = `Enrol the agent again: ${COMMAND} enrol - --server <url> --force`;

export class CredentialsExist extends Error {
  override readonly name = 'CredentialsExist';
  readonly code = 'credentials-exist';

  constructor(file: string) {
    super(`${file} already exists. To replace this agent's account, add --force`);
  }
}

export class CredentialsUnusable extends Error {
  override readonly name = 'CredentialsUnusable';
  readonly code = 'credentials-unusable';
}

/** Default file of the credentials. */
export function credentialsFileFor(configurationFile: string): string {
  return join(stateFolderFor(configurationFile), 'agent-credentials.json');
}

/** @throws CredentialsExist */
export async function refuseExisting(file: string): Promise<void> {
  const there = await stat(file).then(
    () => true,
    () => false,
  );
  if (there) throw new CredentialsExist(file);
}

/**
 * Writes the credentials atomically, readable for this user only (mode 0600).
 * @throws CredentialsExist unless `replace`
 */
export async function storeCredentials(file: string, stored: Credentials, replace = false): Promise<void> {
  if (!replace) await refuseExisting(file);
  const fresh = `${file}.${process.pid}.new`;
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  const handle = await open(fresh, O_CREAT | O_EXCL | O_WRONLY, 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(stored, null, 2)}\n`);
    await handle.sync();
    await handle.close();
    await rename(fresh, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(fresh, { force: true });
    throw error;
  }
}

/** @throws CredentialsUnusable if the file is missing, not readable, not private, or not valid */
export async function readCredentials(file: string): Promise<Credentials> {
  const read = async () => {
    // Mode bits have no meaning on Windows.
    if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0)
      throw new CredentialsUnusable(`${file} can be read by other users. Run: chmod 600 ${file}`);
    return readFile(file, 'utf8');
  };
  const text = await read().catch((error: NodeJS.ErrnoException) => {
    if (error instanceof CredentialsUnusable) throw error;
    throw new CredentialsUnusable(
      `${file} cannot be read (${error.code}). Enrol the agent: ${COMMAND} enrol - --server <url>`,
    );
  });
  const { data } = credentials.safeParse(parseJson(text));
  // The parser's message could quote a secret.
  if (!data) throw new CredentialsUnusable(`${file} does not contain valid credentials. ${ENROL_AGAIN}`);
  return data;
}
