import { hostname } from 'node:os';
import { PROTOCOL_VERSION } from '../protocol/version';
import { ApiClient } from './api-client';
import { ask, askHidden, readPassword } from './ask';
import { outboundOf, removeCredentials, storeCredentials, storedLogin } from './credentials';
import { earlierLogin, keepEarlierLogin } from './earlier-login';
import { minute } from './formats';
import { showUnread } from './notices';
import { authorityIn, trustServer } from './server-trust';
import { NotLoggedIn, OtherVersion, TerminalError, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

export interface LoginOptions {
  user?: string;
  passwordStdin?: boolean;
  /** An API token instead of a password. */
  tokenStdin?: boolean;
  /** Of the second factor. */
  code?: string;
  fingerprint?: string;
  authority?: string;
  /** `http[s]://[user:password@]host[:port]`, or `none`. */
  proxy?: string;
  /** PEM files. */
  proxyAuthority?: string;
  proxyTlsAuthority?: string;
}
const TOKEN_DAYS = 30;

/**
 * `platen login`: exchanges the password, and the second factor of a user who has one, for an API token and stores the
 * token. Users without a password, or with a passkey alone, bring an API token from the console.
 */
export async function login(io: TerminalIo, serverUrl: string, options: LoginOptions): Promise<void> {
  if (options.tokenStdin && (options.passwordStdin || options.user !== undefined || options.code !== undefined))
    throw new UsageError('--token-stdin stands alone: a token is a whole login.', 'Leave out the other options.');
  if (!options.passwordStdin && !options.tokenStdin && !io.interactive)
    throw new UsageError(
      'Not interactive: the password cannot be prompted for.',
      'Pass it on standard input with --password-stdin.',
    );
  if (options.passwordStdin && options.user === undefined)
    throw new UsageError('--password-stdin requires --user.', 'Add --user <user ID>.');
  const authorityOf = async (file: string | undefined, option: string) =>
    file === undefined ? undefined : authorityIn(file, option);
  const proxy = {
    proxy: options.proxy,
    proxyAuthority: await authorityOf(options.proxyAuthority, '--proxy-authority'),
    proxyTlsAuthority: await authorityOf(options.proxyTlsAuthority, '--proxy-tls-authority'),
  };
  const outbound = outboundOf(io.env, proxy);
  const address = await trustServer(io, serverUrl, { ...options, outbound });
  const client = new ApiClient(address);
  const { protocol } = await client.about();
  if (protocol !== PROTOCOL_VERSION) throw new OtherVersion(PROTOCOL_VERSION, protocol);

  const stored = { server: address.server, pin: address.pin, authority: address.authority, ...proxy };
  if (options.tokenStdin) {
    const token = (await readPassword(io)).trim();
    const session = new ApiClient(address, { token });
    const user = await session.me();
    await revokeOldLogin(io);
    const path = await storeCredentials(io.env, { ...stored, token });
    io.print(`Logged in to ${address.server} as ${user.displayName} (${user.username}).`);
    io.report(`The token is stored in ${path}. \`platen logout\` revokes it.`);
    return showUnread(io, session);
  }
  const username = options.user ?? (await ask(io, 'User ID: '));
  const password = options.passwordStdin ? await readPassword(io) : await askHidden(io, 'Password: ');
  io.journal.step('S101');
  const earlier = await earlierLogin(io.env, address.server);
  const code = () => secondFactor(io, options.code);
  const { session, cookies } = await client.login(username, password, code, earlier);
  await keepEarlierLogin(io.env, address.server, cookies);
  try {
    const user = await session.me();
    const { token, expiresAt } = await session.createToken(`platen on ${hostname()}`.slice(0, 100), TOKEN_DAYS);
    await revokeOldLogin(io);
    const path = await storeCredentials(io.env, { ...stored, token });
    io.print(`Logged in to ${address.server} as ${user.displayName} (${user.username}).`);
    const until = expiresAt ? ` It is valid until ${minute(expiresAt)}.` : '';
    io.report(`The login is stored in ${path}.${until}`);
    await showUnread(io, session);
  } finally {
    // The token does not need the cookie, which expires if this fails.
    await session.logout().catch(() => undefined);
  }
}

/** @throws UsageError without a terminal to ask at */
async function secondFactor(io: TerminalIo, code: string | undefined): Promise<string> {
  if (code !== undefined) return code;
  if (io.interactive) return ask(io, 'Code of your authenticator app, or a recovery code: ');
  throw new UsageError(
    'Not interactive: the code of the second factor cannot be prompted for.',
    'Pass it with --code, or log in with an API token from the console (--token-stdin).',
  );
}

/** The token of the replaced login would otherwise remain valid. */
async function revokeOldLogin(io: TerminalIo): Promise<void> {
  try {
    await (await storedLogin(io)).revokeCurrentToken();
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
  }
}

/** `platen logout`: revokes the token on the server and always removes the stored login. */
export async function logout(io: TerminalIo): Promise<void> {
  try {
    const client = await storedLogin(io);
    await client.revokeCurrentToken();
    io.print(`Logged out of ${client.address.server}.`);
  } catch (error) {
    if (error instanceof NotLoggedIn) io.print('You were not logged in.');
    else {
      io.report(
        'The login was removed from this computer, but its token could not be revoked. Revoke it in the console.',
      );
      throw error;
    }
  } finally {
    await removeCredentials(io.env);
  }
}

/** `platen whoami` */
export async function whoami(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const user = await client.me();
  if (options.json) return io.printJson(user);
  io.print(`${user.displayName} (${user.username}), ${user.role}, at ${client.address.server}`);
}
