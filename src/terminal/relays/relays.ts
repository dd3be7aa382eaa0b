import { z } from 'zod';
import { relay, type relayChange } from '../../protocol/api';
import type { RelayObstacle } from '../../protocol/relay-choice';
import { storedLogin } from '../credentials';
import { bytes } from '../formats';
import type { Column } from '../table';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

type Relay = z.infer<typeof relay>;

const STATES: Partial<Record<RelayObstacle, string>> = {
  'not-connected': 'not connected',
  silent: 'not responding',
  deployment: 'being deployed',
};

const stateOf = ({ obstacle, removedAt }: Relay): string => {
  if (removedAt) return 'removed';
  return obstacle === null ? 'in service' : (STATES[obstacle] ?? obstacle);
};
const percent = (part: number): string => `${Math.round(part * 100)} %`;

const COLUMNS: Column<Relay>[] = [
  { title: 'RELAY', value: ({ id }) => id, width: 12 },
  { title: 'STATE', value: stateOf, width: 14 },
  { title: 'REGION', value: ({ region }) => region ?? '', width: 8 },
  { title: 'SESSIONS', value: ({ sessions, limit }) => `${sessions} of ${limit}`, width: 12 },
  { title: 'LOAD', value: ({ sessions, limit }) => percent(sessions / limit), width: 5 },
  { title: 'CPU', value: ({ load }) => (load ? percent(load.cpuShare) : ''), width: 5 },
  { title: 'TRAFFIC', value: ({ load }) => (load ? `${bytes(load.bytesPerSecond)}/s` : ''), width: 10 },
  { title: 'VERSION', value: ({ version }) => version, width: 7 },
];

const path = (id: string, more = ''): string => `/api/relays/${encodeURIComponent(id)}${more}`;

/** `platen relays` */
export async function relays(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const all = await (await storedLogin(io)).call('GET', '/api/relays', z.array(relay));
  if (options.json) return io.printJson(all);
  if (all.length > 0) return io.printTable(COLUMNS, all);
  io.print('No relay has connected to this server yet. Start one: platen relay');
}

/** `platen relays drain|undrain <relay>` */
export async function drainRelay(
  io: TerminalIo,
  id: string,
  method: 'PUT' | 'DELETE',
  options: { json?: boolean },
): Promise<void> {
  const client = await storedLogin(io);
  const changed = await client.call(method, path(id, '/drain'), relay);
  if (options.json) return io.printJson(changed);
  io.print(`${changed.id}: ${stateOf(changed)}, open sessions: ${changed.sessions}`);
  const all = await client.call('GET', '/api/relays', z.array(relay));
  if (all.some(({ obstacle }) => obstacle === null)) return;
  io.report('No relay accepts new sessions now. Take one back: platen relays undrain <relay>');
}

export interface SetOptions {
  readonly region?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** `platen relays set <relay>` */
export async function setRelay(io: TerminalIo, id: string, { region, limit, json }: SetOptions): Promise<void> {
  if (region === undefined && limit === undefined)
    throw new UsageError('Nothing was given to set.', 'Pass --region <region> or --limit <sessions>.');
  const change: z.infer<typeof relayChange> = {
    ...(region !== undefined && { region: region || null }),
    ...(limit !== undefined && { limit: limit || null }),
  };
  const changed = await (await storedLogin(io)).call('PATCH', path(id), relay, change);
  if (json) return io.printJson(changed);
  io.printTable(COLUMNS, [changed]);
}
