import { removeCredentials } from './credentials';
import { storedLogin } from './stored-login';
import { NotLoggedIn } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

/** `platen logout`: revokes the token at the server and forgets it here, the latter in any case. */
export async function logout(io: TerminalIo): Promise<void> {
  try {
    const client = await storedLogin(io);
    await client.revokeCurrentToken();
    io.print(`Logged out of ${client.address.server}.`);
  } catch (error) {
    if (error instanceof NotLoggedIn) io.print('There was no login.');
    else {
      io.tell('The login is forgotten here, but its token could not be revoked: revoke it in the console.');
      throw error;
    }
  } finally {
    await removeCredentials(io.env);
  }
}
