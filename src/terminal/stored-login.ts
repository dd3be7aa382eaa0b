import { ApiClient } from './api-client';
import { readCredentials } from './credentials';
import type { TerminalIo } from './terminal-io';

/** A client with the stored login. @throws NotLoggedIn */
export async function storedLogin(io: TerminalIo): Promise<ApiClient> {
  const { server, pin, token } = await readCredentials(io.env);
  return new ApiClient({ server, pin }, { token });
}
