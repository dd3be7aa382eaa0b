import { stateOf } from './formats';
import { storedLogin } from './stored-login';
import type { TerminalIo } from './terminal-io';

/** `platen end <id>` */
export async function end(io: TerminalIo, id: string): Promise<void> {
  const session = await (await storedLogin(io)).endSession(id);
  if (session.state === 'ended') io.print(`The session is over: ${stateOf(session)}.`);
  else io.print(`The session is being ended; follow it with: platen session ${session.id}`);
}
