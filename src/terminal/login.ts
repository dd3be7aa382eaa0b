import { hostname } from 'node:os';
import { PROTOCOL_VERSION } from '../protocol/version';
import { ApiClient } from './api-client';
import { ask, askHidden, readPassword } from './ask';
import { readCredentials, storeCredentials } from './credentials';
import { tellUnread } from './notices';
import { trustServer } from './server-trust';
import { OtherVersion, TerminalError, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

export interface LoginOptions {
  user?: string;
  passwordStdin?: boolean;
  fingerprint?: string;
}
const TOKEN_DAYS = 30;

/** `platen login`: changes a password into an API token of this computer and stores that; the password is not kept. */
export async function login(io: TerminalIo, serverUrl: string, options: LoginOptions): Promise<void> {
  if (!options.passwordStdin && !io.interactive)
    throw new UsageError('The password cannot be asked for here.', 'Give it on standard input with --password-stdin.');
  if (options.passwordStdin && options.user === undefined)
    throw new UsageError('--password-stdin needs --user.', 'Add --user <user ID>.');
  const address = await trustServer(io, serverUrl, options.fingerprint);
  const client = new ApiClient(address);
  const { protocol } = await client.about();
  if (protocol !== PROTOCOL_VERSION) throw new OtherVersion(PROTOCOL_VERSION, protocol);

  const username = options.user ?? (await ask(io, 'User ID: '));
  const password = options.passwordStdin ? await readPassword(io) : await askHidden(io, 'Password: ');
  io.journal.step('S101');
  const session = await client.login(username, password);
  try {
    const user = await session.me();
    const { token, expiresAt } = await session.createToken(`platen on ${hostname()}`.slice(0, 100), TOKEN_DAYS);
    await revokeOldLogin(io);
    const path = await storeCredentials(io.env, { ...address, token });
    io.print(`Logged in to ${address.server} as ${user.displayName} (${user.username}).`);
    io.tell(`The login is stored in ${path}${expiresAt ? ` and valid until ${expiresAt.slice(0, 10)}` : ''}.`);
    await tellUnread(io, session);
  } finally {
    // The token stands on its own; a cookie that is left over runs out by itself.
    await session.logout().catch(() => undefined);
  }
}

/** The token of the login that this one replaces would otherwise stay valid unseen. */
async function revokeOldLogin(io: TerminalIo): Promise<void> {
  try {
    const { server, pin, token } = await readCredentials(io.env);
    await new ApiClient({ server, pin }, { token }).revokeCurrentToken();
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
  }
}
