import { storedLogin } from './stored-login';
import type { TerminalIo } from './terminal-io';

/** `platen whoami` */
export async function whoami(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const user = await client.me();
  if (options.json) return io.printJson(user);
  io.print(`${user.displayName} (${user.username}), ${user.role}, at ${client.address.server}`);
}
