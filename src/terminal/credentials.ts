import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { authority, spkiPin } from '../protocol/names';
import { parseJson } from '../protocol/parse-json';
import { outboundProxy, type OutboundProxy } from '../tunnel/outbound-proxy';
import { ApiClient } from './api-client';
import { NotLoggedIn, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

const credentials = z.object({
  server: z.url({ protocol: /^https?$/ }),
  token: z.string().min(1),
  /** Set if the server's certificate is self-signed. */
  pin: spkiPin.optional(),
  /** Set if a private authority signed it. */
  authority: authority.optional(),
  /** Set by `--proxy`, in place of the environment: the outbound proxy with its login, or `none`. */
  proxy: z.string().min(1).optional(),
  /** Set by `--proxy-authority`: signs the certificates of a proxy that intercepts TLS. */
  proxyAuthority: authority.optional(),
  /** Set by `--proxy-tls-authority`: signed the certificate of a proxy that is reached over TLS. */
  proxyTlsAuthority: authority.optional(),
});
/** A stored login. */
export type Credentials = z.infer<typeof credentials>;

/** `PLATEN_CREDENTIALS`, or `platen/credentials.json` in the user's configuration folder (XDG Base Directory). */
export function credentialsPath(env: NodeJS.ProcessEnv): string {
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return env.PLATEN_CREDENTIALS || join(folder, 'platen', 'credentials.json');
}

/** @throws NotLoggedIn if there are none or the file is not usable */
export async function readCredentials(env: NodeJS.ProcessEnv): Promise<Credentials> {
  const path = credentialsPath(env);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new NotLoggedIn();
    throw new NotLoggedIn(`The stored login ${path} cannot be read (${error.code ?? error.message}).`);
  });
  const { data } = credentials.safeParse(parseJson(text));
  if (!data) throw new NotLoggedIn(`The stored login ${path} is damaged.`);
  return data;
}

export async function storeCredentials(env: NodeJS.ProcessEnv, value: Credentials): Promise<string> {
  const path = credentialsPath(env);
  await writePrivately(path, value);
  return path;
}

/** Writes a private temporary file and renames it, so that what is stored is never incomplete. */
export async function writePrivately(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(beside, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(beside, path);
}

export async function removeCredentials(env: NodeJS.ProcessEnv): Promise<void> {
  await rm(credentialsPath(env), { force: true });
}

/** @throws UsageError */
export function outboundOf(
  env: NodeJS.ProcessEnv,
  {
    proxy: url,
    proxyAuthority: interceptor,
    proxyTlsAuthority: tlsAuthority,
  }: Pick<Credentials, 'proxy' | 'proxyAuthority' | 'proxyTlsAuthority'>,
): OutboundProxy {
  try {
    return outboundProxy(env, { url, interceptor, tlsAuthority });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}.`, 'Check --proxy, or HTTPS_PROXY.');
  }
}

/** A client with the stored login. @throws NotLoggedIn */
export async function storedLogin(io: TerminalIo): Promise<ApiClient> {
  const { token, proxy, proxyAuthority, proxyTlsAuthority, ...address } = await readCredentials(io.env);
  const outbound = outboundOf(io.env, { proxy, proxyAuthority, proxyTlsAuthority });
  return new ApiClient({ ...address, outbound }, { token });
}
