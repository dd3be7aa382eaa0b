import type { Alert } from '../../../src/protocol/alert';
import type { AccessCondition } from '../../../src/protocol/access-conditions';
import type { DeniedAccess, Device, Session } from '../../../src/protocol/api';
import type { ExternalClient } from '../../../src/protocol/external-clients';
import type { Firmware, Job } from '../../../src/protocol/maintenance';

const AT = '2026-03-02T09:00:00.000Z';
export const sampleUser = {
  id: '5f8ad6f3-1111-4222-8333-0123456789ab',
  username: 'tess',
  displayName: 'Tess Technician',
  role: 'technician' as const,
  active: true,
  createdAt: AT,
  email: null,
  language: null,
  administratorId: null,
  login: 'password' as const,
};

export const sampleClient: ExternalClient = {
  id: '8c7f1a52-6b1e-4f0c-9b43-2f7a3c1d9e10',
  name: 'Invoice archive',
  scopes: ['devices:read', 'sessions:read', 'sessions:write'],
  limits: {
    sites: ['0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f20'],
    devices: ['copy-room'],
    applications: ['box'],
    operations: null,
  },
  requestsPerMinute: 300,
  active: true,
  expiresAt: '2027-03-02T09:00:00.000Z',
  createdAt: AT,
  createdBy: 'Ada Admin',
  lastUsedAt: '2026-03-02T09:05:00.000Z',
  revokedAt: null,
  previousSecretUntil: null,
};

export const sampleDevice: Device = {
  id: 'copy-room',
  site: { id: '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f20', name: 'Head office', customerName: 'Acme' },
  agentId: 'building-a',
  name: 'Copy room',
  kind: 'mfp',
  model: 'Platen Demo MFP 3050ci',
  serialNumber: 'PD3050-1',
  location: 'Building A',
  online: true,
  asleep: false,
  wakeable: false,
  lastSeenAt: AT,
  applications: [{ id: 'web', title: 'Web pages', protocol: 'http', viewable: false }],
  operations: [
    'information',
    'counters',
    'identify',
    'test-page',
    'restart',
    'settings-read',
    'settings-set',
    'firmware-install',
  ],
  condition: {
    reached: true,
    problem: null,
    state: 'idle',
    alerts: 1,
    severity: 'warning',
    alert: 'Black toner is low',
    alertCode: 'toner-low',
  },
};

export const sampleAlert: Alert = {
  id: '3e1d5c0a-7b1f-4a7e-9d55-0c1b2a3d4e5f',
  rule: 'supply-low',
  severity: 'warning',
  customerId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  site: sampleDevice.site,
  agentId: 'building-a',
  deviceId: 'copy-room',
  deviceName: 'Copy room',
  facts: { supply: { name: 'Black toner', type: 'toner', colour: '#000000' }, level: 7 },
  since: AT,
  raisedAt: AT,
  acknowledged: null,
  resolved: null,
};

export const sampleConditions: AccessCondition[] = [
  {
    id: '0a4b8f0e-3a52-4c58-8c39-5f2f1f6f7a01',
    deviceId: 'copy-room',
    who: { kind: 'user', id: 'tess', name: 'Tess Technician' },
    access: { kind: 'box', box: 'invoices', operations: ['list', 'get'] },
    from: null,
    until: '2026-12-24T18:00:00.000Z',
    hours: [{ days: [1, 2, 3, 4, 5], from: '08:00', until: '18:00' }],
    times: 100,
    bytes: 10_000_000,
    setAt: AT,
    setBy: 'display',
    used: { times: 3, bytes: 52_000 },
  },
  {
    id: '0a4b8f0e-3a52-4c58-8c39-5f2f1f6f7a02',
    deviceId: 'copy-room',
    who: { kind: 'client', id: '8c7f1a52-6b1e-4f0c-9b43-2f7a3c1d9e10', name: 'Invoice archive' },
    access: { kind: 'session', applications: ['web'], grant: 'view' },
    from: null,
    until: null,
    hours: [],
    times: null,
    bytes: null,
    setAt: AT,
    setBy: 'local page',
    used: { times: 0, bytes: 0 },
  },
];

export const sampleDenial: DeniedAccess = {
  id: 7,
  at: AT,
  reportedAt: AT,
  remoteSessionId: null,
  asker: { kind: 'user', id: 'tess', name: 'Tess Technician' },
  what: 'delete invoices/may.pdf',
  reason: 'operation',
  count: 2,
};

const half = { state: 'waiting' as const, startedAt: null, endedAt: null, endReason: null };
export const sampleSession: Session = {
  id: '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f10',
  user: { kind: 'user', id: sampleUser.id, username: sampleUser.username, displayName: sampleUser.displayName },
  deviceId: 'copy-room',
  deviceName: 'Copy room',
  applicationId: 'web',
  reason: 'paper jam',
  minutes: 60,
  grant: null,
  state: 'requested',
  ending: null,
  denial: null,
  detail: '',
  requestedAt: AT,
  answerBefore: null,
  approvedAt: null,
  establishedAt: null,
  endedAt: null,
  validUntil: null,
  bytesFromDevice: 0,
  bytesFromTerminal: 0,
  bytesEstimated: false,
  durationSeconds: null,
  device: { half: 'device', ...half },
  terminal: { half: 'terminal', ...half },
};

export const sampleEndedSession: Session = {
  ...sampleSession,
  state: 'ended',
  ending: 'ended-by-terminal',
  grant: 'operate',
  approvedAt: AT,
  establishedAt: AT,
  endedAt: '2026-03-02T09:01:05.000Z',
  validUntil: '2026-03-02T10:00:00.000Z',
  bytesFromDevice: 1_234_567,
  bytesFromTerminal: 890,
  durationSeconds: 65,
  device: { half: 'device', state: 'ended', startedAt: AT, endedAt: AT, endReason: 'requested' },
  terminal: { half: 'terminal', state: 'ended', startedAt: AT, endedAt: AT, endReason: 'requested' },
};

export const sampleFirmware: Firmware = {
  id: '2b1f7a52-9c3d-4a6e-8f10-5d2c7b9e4a31',
  name: '3050ci_2.15.000.bin',
  version: '2.15.000',
  model: sampleDevice.model,
  bytes: 48_230_000,
  sha256: 'a3f5c09e17d2'.padEnd(64, '4'),
  signedAt: AT,
  uploadedAt: AT,
  uploadedBy: 'Ada Admin',
};

export const sampleJob: Job = {
  approvalRecord: null,
  id: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d',
  deviceId: sampleDevice.id,
  deviceName: sampleDevice.name,
  operation: 'counters',
  firmware: null,
  settings: null,
  log: null,
  user: { kind: 'user', id: sampleUser.id, username: sampleUser.username, displayName: sampleUser.displayName },
  campaignId: null,
  state: 'succeeded',
  waiting: null,
  decision: { update: false, reason: 'not-needed', outcome: 'kept' },
  hold: null,
  percent: null,
  activity: '',
  failure: null,
  detail: '',
  result: [
    { name: 'impressions', value: '128456' },
    { name: 'media-sheets', value: '90211' },
  ],
  settingRows: [],
  requestedAt: AT,
  sentAt: AT,
  beganAt: '2026-03-02T09:00:01.000Z',
  endedAt: '2026-03-02T09:00:03.000Z',
  expiresAt: '2026-03-02T09:01:00.000Z',
};
