import { storedLogin } from './stored-login';
import type { TerminalIo } from './terminal-io';

/** `platen ticket <agent>`: administrators only. */
export async function ticket(io: TerminalIo, agentId: string, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const created = await client.createEnrolment(agentId);
  if (options.json) return io.printJson(created);
  io.print(created.ticket);
  io.tell(`Works once, until ${new Date(created.expiresAt).toLocaleString()}. At the agent, with its agent.json:`);
  io.tell(`  platen agent enrol - --server ${client.address.server}`);
}
