import type { SettingsTemplate } from '../../../src/protocol/settings-template';
import type { Campaign, CampaignCounts, CampaignDevice } from '../../../src/protocol/campaign';

const NONE: CampaignCounts = { waiting: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 };

/** A firmware campaign in its second wave. */
export const sampleCampaign: Campaign = {
  ...{ id: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c00', name: 'Spring update', operation: 'firmware-install' },
  firmware: { id: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c01', name: 'main.bin', version: '2.15.000', model: '3050ci' },
  ...{
    fromVersions: ['2.14.000'],
    settings: null,
    onlyDiffering: false,
    template: null,
    state: 'running',
    reason: null,
    detail: '',
  },
  user: { id: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c02', displayName: 'Tom Technician' },
  ...{ mayControl: true, wave: 2 },
  waves: [
    { wave: 1, counts: { ...NONE, succeeded: 4, failed: 1 } },
    { wave: 2, counts: { ...NONE, succeeded: 11, failed: 1, running: 8, waiting: 10 } },
    { wave: 3, counts: { ...NONE, waiting: 90 } },
  ],
  all: { ...NONE, succeeded: 15, failed: 2, running: 8, waiting: 100, skipped: 7 },
  holds: [
    { hold: 'wave', devices: 90 },
    { hold: 'offline', devices: 6 },
    { hold: 'turn', devices: 4 },
    { hold: 'stopped', devices: 3 },
    { hold: 'approval', devices: 1 },
  ],
  ...{ pauseAfterFirstWave: true, failureLimit: { percent: 20, least: 5 } },
  window: { hours: [{ days: [1, 2, 3, 4, 5], from: '20:00', until: '06:00' }], timeZone: null },
  ...{ opensAt: null, waitHours: 72, createdAt: '2026-03-02T18:00:00.000Z', startsAt: '2026-03-02T18:00:00.000Z' },
  ...{ endsAt: '2026-05-01T18:00:00.000Z', endedAt: null },
};

export const sampleSettingsTemplate: SettingsTemplate = {
  ...{ id: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c04', name: 'Halls', settings: { location: 'Hall', contact: 'Bureau 2' } },
  ...{ devices: { filter: { search: 'hall' } }, deviceCount: 12, version: 3 },
  ...{ changedAt: '2026-03-01T09:00:00.000Z', changedBy: 'Ada Admin' },
};

export const sampleCampaignDevice: CampaignDevice = {
  ...{ deviceId: 'mfp-1', deviceName: 'Copy room', wave: 1, state: 'failed', hold: null, percent: null, activity: '' },
  ...{ jobId: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c03', skip: null, failure: 'not-back', detail: '' },
  ...{ versionBefore: '2.14.000', startedAt: '2026-03-02T19:00:00.000Z', endedAt: '2026-03-02T19:40:00.000Z' },
};
