import { generateKeyPairSync, sign } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { AcquiredInformation, Device } from '../../../src/protocol/api';
import type { DeviceSettings, SettingRow } from '../../../src/protocol/device-settings';
import type { DeviceNotes } from '../../../src/protocol/device-notes';
import type { FleetCounts, FleetDevice } from '../../../src/protocol/fleet';
import type { Firmware, Job } from '../../../src/protocol/maintenance';
import { jobRecordMessage, type JobApprovalRecord } from '../../../src/protocol/job-approval';
import { fingerprintOf, signingKeyOf } from '../../../src/tunnel/signing-key';
import { sampleDevice, sampleFirmware, sampleJob } from './api-samples';

const MINUTE_MS = 60_000;
const ago = (minutes: number): string => new Date(Date.now() - minutes * MINUTE_MS).toISOString();
const idOf = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;

const device: Device = {
  ...sampleDevice,
  lastSeenAt: ago(0),
  condition: {
    reached: true,
    problem: null,
    state: 'stopped',
    alerts: 3,
    severity: 'error',
    alert: 'Paper jam in the duplex unit',
    alertCode: 'media-jam',
  },
};
const devices: Device[] = [
  device,
  {
    ...sampleDevice,
    id: 'label-printer',
    name: 'Warehouse label printer',
    kind: 'printer',
    model: 'Zebrafish L200',
    serialNumber: 'ZL-77120',
    location: 'Warehouse, gate 4',
    lastSeenAt: ago(0),
    condition: {
      reached: false,
      problem: 'unreachable',
      state: 'unknown',
      alerts: 0,
      severity: null,
      alert: '',
      alertCode: '',
    },
  },
  {
    ...sampleDevice,
    id: 'sales-3f',
    name: '営業部 複合機 3階',
    location: '大阪支社',
    lastSeenAt: ago(0),
    condition: {
      reached: true,
      problem: null,
      state: 'processing',
      alerts: 1,
      severity: 'warning',
      alert: 'トナー残量が少なくなりました',
      alertCode: 'toner-low',
    },
  },
  {
    ...sampleDevice,
    id: 'reception',
    name: 'Reception',
    online: false,
    lastSeenAt: ago(3_000),
    operations: [],
    condition: { reached: true, problem: null, state: 'idle', alerts: 0, severity: null, alert: '', alertCode: '' },
  },
  { ...sampleDevice, id: 'archive', name: 'Archive scanner', kind: 'scanner', condition: null, lastSeenAt: ago(1) },
];

const information: AcquiredInformation = {
  information: {
    reached: true,
    problem: null,
    state: 'stopped',
    alerts: [
      { severity: 'error', code: 'media-jam', text: 'Paper jam in the duplex unit' },
      { severity: 'warning', code: 'toner-low', text: 'Yellow toner is running low' },
      { severity: 'report', code: 'cover-open', text: '' },
    ],
    supplies: [
      { name: 'Black toner', type: 'toner', colour: '#30343a', level: 64 },
      { name: 'Cyan toner', type: 'toner', colour: '#1b9cc9', level: 81 },
      { name: 'Magenta toner', type: 'toner', colour: '#c73a86', level: 47 },
      { name: 'Yellow toner', type: 'toner', colour: '#d9ac12', level: 6 },
      { name: 'Drum', type: 'opc', colour: '', level: null },
      { name: 'Waste toner box', type: 'wasteToner', colour: '', level: 58, receptacle: true },
      { name: 'Staples', type: 'staples', colour: '', level: null, someLeft: true },
    ],
    counters: { impressions: 128_456, 'media-sheets': 90_211, copies: 31_870, scans: 12_004 },
    sources: {
      state: 'ipp',
      alerts: 'ipp',
      supplies: 'snmp',
      model: 'ipp',
      serialNumber: 'snmp',
      firmwareVersion: 'ipp',
      counters: { impressions: 'snmp', 'media-sheets': 'ipp', copies: 'vendor', scans: 'vendor' },
    },
    details: {
      inputs: [
        { name: 'Tray 1', media: 'A4', level: 50 },
        { name: 'Bypass', media: 'A5', level: null, someLeft: true },
      ],
      outputs: [{ name: 'Inner tray', level: 90 }],
      covers: [{ name: 'Duplex unit', open: true }],
      display: ['Paper jam in the duplex unit'],
      printerName: 'MFP in the hall',
      description: 'Acme LaserMax 9000; FW 2.14.3',
      systemName: 'PRN-HALL',
      location: 'Hall',
      contact: 'Bureau 2',
      upSeconds: 93_784,
    },
    model: device.model,
    serialNumber: device.serialNumber,
    firmwareVersion: '2.14.003',
    acquiredAt: ago(4),
  },
  decision: {
    at: ago(4),
    update: true,
    reason: 'agent-reconnected',
    outcome: 'acquired',
    remoteSessionId: idOf(101),
    jobId: null,
  },
};

const files: Firmware[] = [
  { ...sampleFirmware, uploadedAt: ago(300) },
  {
    ...sampleFirmware,
    id: idOf(2),
    name: 'recovery-1.0.0.bin',
    version: '1.0.0',
    model: '',
    bytes: 8_400_000,
    signedAt: null,
    uploadedAt: ago(9_000),
  },
];
const firmware = { id: sampleFirmware.id, name: sampleFirmware.name, version: sampleFirmware.version };

const at = (n: number, minutes: number, changed: Partial<Job>): Job => ({
  ...sampleJob,
  id: idOf(n),
  requestedAt: ago(minutes),
  sentAt: ago(minutes),
  beganAt: ago(minutes),
  endedAt: ago(minutes - 0.2),
  expiresAt: ago(minutes - 1),
  ...changed,
});
/** A job that an approver has approved. */
function approved(job: Job): Job {
  const { privateKey } = generateKeyPairSync('ed25519');
  const record: JobApprovalRecord = {
    ...{ version: 1, agentId: 'building-a', jobId: job.id, deviceId: job.deviceId, operation: job.operation },
    ...{
      requestedBy: job.user.displayName,
      firmware: null,
      settings: null,
      decision: 'approved',
      answeredAt: job.requestedAt,
    },
    answeredBy: { where: 'approver', name: 'Aiko Sato', proof: 'pin' },
  };
  const text = JSON.stringify(record);
  const signature = sign(null, Buffer.from(jobRecordMessage(text)), privateKey).toString('base64url');
  const key = signingKeyOf(privateKey);
  return { ...job, approvalRecord: { text, signature, key, keyFingerprint: fingerprintOf(key) } };
}
const reading = (n: number, minutes: number, count: number): Job =>
  at(n, minutes, {
    result: [
      { name: 'impressions', value: String(count) },
      { name: 'media-sheets', value: String(Math.round(count * 0.7)) },
      { name: 'copies', value: String(Math.round(count / 4)) },
    ],
  });
const open: Partial<Job> = { result: [], endedAt: null };

/** One job in each shape that its screen has. */
export const SAMPLE_JOBS = {
  executing: at(11, 6, {
    ...open,
    operation: 'firmware-install',
    firmware,
    state: 'executing',
    percent: 42,
    activity: 'sending',
    beganAt: ago(5),
  }),
  held: at(12, 5, {
    ...open,
    operation: 'test-page',
    state: 'held',
    hold: 'stopped',
    detail: 'Paper jam in the duplex unit',
    beganAt: null,
    expiresAt: ago(-1_435),
  }),
  requested: at(13, 2, {
    ...open,
    deviceId: 'reception',
    deviceName: 'Reception',
    operation: 'restart',
    state: 'requested',
    sentAt: null,
    beganAt: null,
    expiresAt: ago(-58),
  }),
  succeeded: reading(14, 30, 128_456),
  failed: approved(
    at(15, 200, {
      operation: 'firmware-install',
      firmware,
      state: 'failed',
      failure: 'version-unchanged',
      detail: 'Version after installation is 2.14.003, expected 2.15.000.',
      result: [],
      endedAt: ago(188),
    }),
  ),
  settings: at(20, 95, {
    operation: 'settings-set',
    settings: { location: 'Hall 2', 'sides-default': 'two-sided-short-edge', operator: 'Tina', name: 'MFP' },
    state: 'failed',
    failure: 'settings-missed',
    detail: 'operator, sides-default, name',
    result: [],
    settingRows: [
      {
        ...{ name: 'operator', outcome: 'unsupported', value: null, source: null, settable: false, choices: [] },
        detail: 'the device does not report it',
      },
      {
        ...{ name: 'location', outcome: 'set', value: 'Hall 2', source: 'ipp', settable: true, choices: [] },
        detail: '',
      },
      {
        ...{
          name: 'sides-default',
          outcome: 'refused',
          value: 'one-sided',
          source: 'ipp',
          settable: true,
          choices: [],
        },
        detail: 'the device answered Set-Printer-Attributes with client-error-not-possible',
      },
      {
        ...{ name: 'name', outcome: 'differs', value: 'MFP (2)', source: 'ipp', settable: true, choices: [] },
        detail: '',
      },
    ],
  }),
  cancelled: at(16, 900, { operation: 'identify', state: 'cancelled', result: [], beganAt: null }),
} satisfies Record<string, Job>;
const all: Job[] = [
  ...Object.values(SAMPLE_JOBS),
  reading(17, 2_900, 128_020),
  reading(18, 5_800, 127_310),
  reading(19, 10_100, 126_950),
];

/** A server with busy devices: what the screens of maintenance ask for is answered instead of it. */
export async function withSampleMaintenance(page: Page): Promise<void> {
  const get = (path: RegExp, answer: (query: URLSearchParams) => unknown): Promise<unknown> =>
    page.route(path, (route) => {
      if (route.request().method() !== 'GET') return route.abort();
      return route.fulfill({ json: answer(new URL(route.request().url()).searchParams) });
    });
  await get(/\/api\/devices\?/, () => ({ rows: devices, next: null }));
  await get(/\/api\/fleet\?/, (query) => ({ rows: fleet.filter((each) => fits(each, query)), next: null }));
  await get(/\/api\/fleet\/groups\?/, (query) => ({
    ...{ all: { ...COUNTS, devices: fleet.filter((each) => fits(each, query)).length }, more: false },
    rows: query.get('by') === 'none' ? [] : [{ ...COUNTS, id: 'c', name: 'Acme', customerName: '' }],
  }));
  await get(/\/api\/fleet\/views$/, () => []);
  await get(/\/api\/devices\/[^/]+\/notes$/, () => notes);
  await get(/\/api\/devices\/[^/]+\/settings$/, () => settings);
  for (const each of devices) await get(new RegExp(`/api/devices/${each.id}$`), () => each);
  await get(/\/api\/devices\/[^/]+\/information$/, () => information);
  await get(/\/api\/firmware$/, () => files);
  await get(/\/api\/jobs\?/, (query) => ({ rows: all.filter((each) => isAskedFor(each, query)), next: null }));
  for (const each of all) await get(new RegExp(`/api/jobs/${each.id}$`), () => each);
}

const fleet: FleetDevice[] = devices.map((each, index) => ({
  ...each,
  ...{ firmwareVersion: '2.14.003', lowestSupply: [6, 55, 9, 80, null][index] ?? null },
  ...{ assetTag: `A-0${index}`, contractNumber: 'C-4711', notedLocation: '' },
}));
const COUNTS: FleetCounts = {
  ...{ devices: devices.length, online: 4, asleep: 0, unreached: 1, errors: 1, warnings: 2, lowSupplies: 2 },
};
const known = (name: string, value: string, more: Partial<SettingRow> = {}): SettingRow => ({
  ...{ name, value, outcome: 'read', source: 'ipp', settable: true, choices: [], detail: '' },
  ...more,
});
const settings: DeviceSettings = {
  deviceId: device.id,
  readAt: ago(95),
  jobId: idOf(11),
  rows: [
    known('name', 'MFP in the hall'),
    known('location', 'Building A, room 214'),
    known('contact', 'it-desk@example.com', { source: 'snmp' }),
    known('media-default', 'iso_a4_210x297mm', { choices: ['iso_a4_210x297mm', 'iso_a3_297x420mm'] }),
    known('sides-default', 'one-sided', { choices: ['one-sided', 'two-sided-long-edge'] }),
    known('print-color-mode-default', 'monochrome', { settable: false }),
    known('sleep-minutes', '15'),
    known('operator', '', { outcome: 'unsupported', value: null, source: null, settable: false }),
    known('output-bin-default', '', { outcome: 'unsupported', value: null, source: null, settable: false }),
  ],
};
const notes: DeviceNotes = {
  text: 'The fuser was replaced in May.\nAsk for the key at the reception.',
  links: [{ title: 'Contract', url: 'https://erp.example/contracts/4711' }],
  ...{ contractNumber: 'C-4711', assetTag: 'A-00', location: 'Second floor, beside the lift' },
  ...{ version: 2, changedAt: ago(3_000), changedBy: 'Tess Technician' },
};

/** As the server filters, for what the tests ask. */
function fits(device: FleetDevice, query: URLSearchParams): boolean {
  const words = (query.get('search') ?? '').toLowerCase().split(' ');
  const text = JSON.stringify(device).toLowerCase();
  const hasAlerts = device.condition !== null && device.condition.alerts > 0;
  return words.every((word) => text.includes(word)) && (query.get('alerts') === null || hasAlerts);
}

function isAskedFor({ deviceId, endedAt }: Job, query: URLSearchParams): boolean {
  const wanted = query.get('deviceId');
  if (wanted !== null && wanted !== deviceId) return false;
  return query.get('state') === null || (query.get('state') === 'open') === (endedAt === null);
}
