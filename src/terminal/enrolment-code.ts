import type { ApiClient } from './api-client';
import { moment } from './formats';
import { storedLogin } from './credentials';
import { UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

interface Options {
  json?: boolean;
  customer?: string;
  site?: string;
  devices?: string;
}

/** `platen enrolment-code <agent>`: administrators only. Customer and site are created if they do not exist. */
export async function enrolmentCode(io: TerminalIo, agentId: string, options: Options): Promise<void> {
  const client = await storedLogin(io);
  const deviceIds = options.devices?.split(/[\s,]+/).filter(Boolean);
  const created = await client.createEnrolment(agentId, await siteOf(client, options), deviceIds);
  if (options.json) return io.printJson(created);
  io.print(created.ticket);
  io.report(`The code works once and expires at ${moment(created.expiresAt)}. Run this in the folder of agent.json:`);
  io.report(`  platen agent enrol - --server ${client.address.server}`);
}

/** undefined: an agent that exists stays at its site. */
async function siteOf(client: ApiClient, { customer, site }: Options): Promise<string | undefined> {
  if (customer === undefined && site === undefined) return undefined;
  if (!customer?.trim() || !site?.trim())
    throw new UsageError('A site needs its customer, too.', 'Enter both --customer and --site.');
  const known = (await client.customers()).find(({ name }) => name === customer.trim());
  const { id, sites } = known ?? (await client.createCustomer(customer));
  const existing = sites.find(({ name }) => name === site.trim());
  return (existing ?? (await client.createSite(id, site))).id;
}
