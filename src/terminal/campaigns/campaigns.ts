import { page } from '../../protocol/api';
import {
  campaign,
  campaignDevice,
  CAMPAIGN_REASONS,
  CAMPAIGN_WAITS,
  type Campaign,
  type CampaignDevice,
  type CampaignHold,
  type newCampaign,
  type WaveSize,
} from '../../protocol/campaign';
import type { SettingsTemplate } from '../../protocol/settings-template';
import { HOLD_REASONS, WAIT_REASONS } from '../../protocol/maintenance';
import type { z } from 'zod';
import { storedLogin } from '../credentials';
import { minute, moment } from '../formats';
import { operationWords } from '../maintenance/job-words';
import { chosenFirmware } from '../maintenance/maintain';
import { MaintenanceApi } from '../maintenance/maintenance-api';
import type { Column } from '../table';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

const HOLDS: Readonly<Record<CampaignHold, string>> = { ...CAMPAIGN_WAITS, ...WAIT_REASONS, ...HOLD_REASONS };
const path = (id: string, more = ''): string => `/api/campaigns/${encodeURIComponent(id)}${more}`;

/** `12 done, 1 failed, 3 running` */
const countsOf = ({ all }: Campaign): string =>
  [
    [all.succeeded, 'done'],
    [all.failed, 'failed'],
    [all.running, 'running'],
    [all.waiting, 'waiting'],
    [all.skipped, 'skipped'],
    [all.cancelled, 'cancelled'],
  ]
    .filter(([count]) => Number(count) > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');

const COLUMNS: Column<Campaign>[] = [
  { title: 'CAMPAIGN', value: ({ id }) => id, width: 36 },
  { title: 'NAME', value: ({ name }) => name, width: 14 },
  { title: 'OPERATION', value: operationWords, width: 14 },
  { title: 'STATE', value: ({ state, reason }) => [state, reason].filter(Boolean).join(': '), width: 12 },
  { title: 'DEVICES', value: countsOf, width: 16 },
];
const DEVICE_COLUMNS: Column<CampaignDevice>[] = [
  { title: 'DEVICE', value: ({ deviceId }) => deviceId, width: 16 },
  { title: 'WAVE', value: ({ wave }) => (wave > 0 ? String(wave) : ''), width: 4 },
  { title: 'STATE', value: ({ state }) => state, width: 9 },
  { title: 'REASON', value: ({ skip, failure, hold }) => skip ?? failure ?? hold ?? '', width: 16 },
  { title: 'ENDED', value: ({ endedAt }) => (endedAt ? minute(endedAt) : ''), width: 16 },
];

/** `platen campaigns`: the newest 50. */
export async function campaigns(io: TerminalIo, options: { json?: boolean; open?: boolean }): Promise<void> {
  const query = `limit=50${options.open ? '&state=open' : ''}`;
  const { rows } = await (await storedLogin(io)).call('GET', `/api/campaigns?${query}`, page(campaign));
  if (options.json) return io.printJson(rows);
  if (rows.length > 0) return io.printTable(COLUMNS, rows);
  io.print(`${options.open ? 'No open campaigns' : 'No campaigns yet'}. Start one: platen campaigns start <operation>`);
}

/** `platen campaigns show <id>`: its progress, and the first 200 devices, failed and held ones first. */
export async function showCampaign(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const found = await client.call('GET', path(id), campaign);
  if (options.json) return io.printJson(found);
  const { rows, next } = await client.call('GET', path(id, '/devices?limit=200'), page(campaignDevice));
  for (const line of detailsOf(found)) io.print(line);
  io.print('');
  io.printTable(DEVICE_COLUMNS, rows);
  if (next) io.print(`There are more devices: platen campaigns results ${id}`);
}

export type CampaignOperation = z.input<typeof newCampaign>['operation'];
export interface StartOptions {
  readonly name?: string;
  readonly device?: readonly string[];
  readonly search?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly fromVersion?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly template?: string;
  readonly onlyDiffering?: boolean;
  readonly wave?: readonly string[];
  readonly pauseAfterFirst?: boolean;
  readonly stopAt?: number;
  readonly stopFrom: number;
  readonly hours?: string;
  readonly timeZone?: string;
  readonly waitHours: number;
  readonly json?: boolean;
}

/** `platen campaigns start <operation>` */
export async function startCampaign(
  io: TerminalIo,
  operation: CampaignOperation,
  options: StartOptions,
): Promise<void> {
  const {
    firmware,
    fromVersion,
    set: settings,
    template,
    onlyDiffering = false,
    stopAt,
    stopFrom,
    waitHours,
    timeZone,
  } = options;
  if ((operation === 'firmware-install') !== (firmware !== undefined))
    throw new UsageError(
      operation === 'firmware-install'
        ? 'firmware-install requires --firmware.'
        : '--firmware is only for firmware-install.',
      'Pass a file: --firmware <id or version>. List the files: platen firmware list',
    );
  checkSettings(operation, options);
  if (timeZone !== undefined && options.hours === undefined)
    throw new UsageError('--time-zone is only for --hours.', 'Pass hours, too: --hours 22:00-05:00');
  const client = await storedLogin(io);
  const chosen = template === undefined ? undefined : await templateNamed(client, template);
  const files = firmware === undefined ? [] : await new MaintenanceApi(client).firmware();
  const wanted: z.input<typeof newCampaign> = {
    name: options.name ?? operation,
    operation,
    devices: await devicesOf(client, options, chosen),
    ...(firmware !== undefined && { firmwareId: chosenFirmware(firmware, files, options.model) }),
    ...(fromVersion && { fromVersions: [...fromVersion] }),
    ...(settings && { settings }),
    ...(chosen && { templateId: chosen.id }),
    ...(onlyDiffering && { onlyDiffering }),
    waves: (options.wave ?? []).map(waveOf),
    pauseAfterFirstWave: options.pauseAfterFirst ?? false,
    ...(stopAt !== undefined && { failureLimit: { percent: stopAt, least: stopFrom } }),
    ...(options.hours !== undefined && { window: { hours: [hoursOf(options.hours)], timeZone: timeZone ?? null } }),
    waitHours,
  };
  const started = await client.call('POST', '/api/campaigns', campaign, wanted);
  if (options.json) return io.printJson(started);
  io.print(started.id);
  const sizes = started.waves.map(({ counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0));
  io.report(
    `Waves: ${sizes.join(', ')}. Skipped: ${started.all.skipped}. Follow it: platen campaigns show ${started.id}`,
  );
}

/** `platen campaigns pause|resume|abort <id>` */
export async function controlCampaign(
  io: TerminalIo,
  id: string,
  what: 'pause' | 'resumption' | 'abortion',
  options: { json?: boolean },
): Promise<void> {
  const changed = await (await storedLogin(io)).call('POST', path(id, `/${what}`), campaign);
  if (options.json) return io.printJson(changed);
  io.print(`${changed.name}: ${changed.state}`);
}

/** `platen campaigns results <id>`: every device, as CSV or JSON. */
export async function campaignResults(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const rows: CampaignDevice[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = `limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const part: { rows: CampaignDevice[]; next: string | null } = await client.call(
      'GET',
      path(id, `/devices?${query}`),
      page(campaignDevice),
    );
    rows.push(...part.rows);
    cursor = part.next;
  }
  if (options.json) return io.printJson(rows);
  io.printTable(DEVICE_COLUMNS, rows);
}

async function devicesOf(
  client: Awaited<ReturnType<typeof storedLogin>>,
  { device, search, model }: StartOptions,
  template: SettingsTemplate | undefined,
): Promise<z.input<typeof newCampaign>['devices']> {
  if (device && device.length > 0) {
    if (search !== undefined || model !== undefined)
      throw new UsageError('--device is not for --search or --model.', 'Pass devices, or a filter.');
    return { deviceIds: [...device] };
  }
  if (search === undefined && model === undefined && template) {
    const { devices, deviceCount: count } = template;
    if (count === 0) throw new UsageError('No device is in this template.', 'Pass devices: --device <device>');
    return 'filter' in devices ? { filter: devices.filter, count } : devices;
  }
  if (search === undefined && model === undefined)
    throw new UsageError('No devices were given.', 'Pass --device <device>, or a filter: --search, --model');
  const filter = { ...(search !== undefined && { search }), ...(model !== undefined && { model }) };
  const { fleetGroups } = await import('../../protocol/fleet.js');
  const query = new URLSearchParams({ ...filter, by: 'none' }).toString();
  const { all } = await client.call('GET', `/api/fleet/groups?${query}`, fleetGroups);
  if (all.devices === 0) throw new UsageError('No device fits the filter.', 'List the devices: platen devices');
  return { filter, count: all.devices };
}

function checkSettings(
  operation: CampaignOperation,
  { set, template, onlyDiffering = false }: Pick<StartOptions, 'set' | 'template' | 'onlyDiffering'>,
): void {
  const sets = operation === 'settings-set';
  const given = [set, template].filter((each) => each !== undefined).length;
  if (given === (sets ? 1 : 0) && (sets || !onlyDiffering)) return;
  throw new UsageError(
    sets
      ? 'settings-set requires --set or --template, not both.'
      : '--set, --template and --only-differing are only for settings-set.',
    'Pass each value: --set location="Hall 2". List the settings: platen settings <device>',
  );
}

/** By its ID, or its name. */
async function templateNamed(
  client: Awaited<ReturnType<typeof storedLogin>>,
  wanted: string,
): Promise<SettingsTemplate> {
  const { settingsTemplate } = await import('../../protocol/settings-template.js');
  const all = await client.call('GET', '/api/settings-templates', settingsTemplate.array());
  const found = all.find(({ id }) => id === wanted) ?? all.find(({ name }) => name === wanted);
  if (found) return found;
  const names = all.map(({ name }) => `"${name}"`).join(', ');
  throw new UsageError(
    `There is no settings template "${wanted}".`,
    names ? `There are: ${names}` : 'An administrator creates them in the console.',
  );
}

/** `5` or `10%` */
function waveOf(text: string): WaveSize {
  const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(text) ?? [];
  if (digits === undefined)
    throw new UsageError(
      `"${text}" is not the size of a wave.`,
      'Pass a number of devices, or per cent: --wave 5 --wave 10%',
    );
  return percent ? { percent: Number(digits) } : { devices: Number(digits) };
}

/** `22:00-05:00`, every day */
function hoursOf(text: string): { days: number[]; from: string; until: string } {
  const [, from, until] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || until === undefined)
    throw new UsageError(`"${text}" are no hours.`, 'Pass hours such as --hours 22:00-05:00');
  return { days: [1, 2, 3, 4, 5, 6, 7], from, until };
}

const detailsOf = (of: Campaign): string[] => [
  `Campaign   ${of.name} (${of.id})`,
  `Operation  ${operationWords(of)}`,
  ...Object.entries(of.settings ?? {}).map(([name, value]) => `Sets       ${name}=${value}`),
  `State      ${of.state}${of.reason ? `: ${CAMPAIGN_REASONS[of.reason]} ${of.detail}`.trimEnd() : ''}`,
  `Devices    ${countsOf(of)}`,
  `Wave       ${of.wave} of ${of.waves.length}`,
  ...of.holds.map(({ hold, devices }) => `On hold    ${devices}: ${HOLDS[hold]}`),
  ...(of.opensAt ? [`Continues  ${moment(of.opensAt)}`] : []),
  `Started by ${of.user.displayName}, ${moment(of.startsAt)}`,
  `Ended      ${moment(of.endedAt)}`,
];
