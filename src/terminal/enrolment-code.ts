import { moment } from './formats';
import { storedLogin } from './credentials';
import type { TerminalIo } from './terminal-io';

/** `platen enrolment-code <agent>`: administrators only. */
export async function enrolmentCode(io: TerminalIo, agentId: string, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const created = await client.createEnrolment(agentId);
  if (options.json) return io.printJson(created);
  io.print(created.ticket);
  io.report(`The code works once and expires at ${moment(created.expiresAt)}. Run this in the folder of agent.json:`);
  io.report(`  platen agent enrol - --server ${client.address.server}`);
}
