import type { Page } from 'playwright-core';
import type { ComparedSetting } from '../../../src/protocol/device-settings';
import type { DeviceDrift, DriftCounts } from '../../../src/protocol/settings-template';
import { sampleSettingsTemplate } from './campaign-samples';

const setting = (more: Partial<ComparedSetting>): ComparedSetting => ({
  ...{ name: 'location', state: 'same', wanted: 'Hall', value: 'Hall', settable: true },
  ...more,
});
const CONTACT = { name: 'contact', wanted: 'Bureau 2', value: 'Bureau 2' };
const drift = (deviceId: string, more: Partial<DeviceDrift>): DeviceDrift => ({
  ...{ deviceId, deviceName: deviceId, model: 'Platen Demo MFP 3050ci', site: null, reads: true, sets: true },
  ...{ state: 'same', readAt: new Date(Date.now() - 7_200_000).toISOString() },
  jobId: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c05',
  settings: [setting({}), setting(CONTACT)],
  ...more,
});

/** A device in each state. */
const SAMPLE_DRIFT: DeviceDrift[] = [
  drift('copy-room', {
    deviceName: 'Copy room',
    site: { id: '00000000-0000-4000-8000-000000000010', name: 'Berlin', customerName: 'Acme' },
    state: 'differs',
    settings: [
      setting({ state: 'differs', value: 'Yard, first floor' }),
      setting({ ...CONTACT, state: 'differs', value: '', settable: false }),
    ],
  }),
  drift('hall-1', {}),
  drift('hall-2', {
    ...{ state: 'unknown', readAt: null, jobId: null },
    settings: [setting({ state: 'unknown', value: null }), setting({ ...CONTACT, state: 'unknown', value: null })],
  }),
  drift('hall-3', {
    state: 'unsupported',
    settings: [setting({}), setting({ ...CONTACT, state: 'unsupported', value: null, settable: false })],
  }),
];
const COUNTS: DriftCounts = { devices: 12, differs: 1, unknown: 3, unsupported: 2, same: 6 };

/** Answers with one template, or with none. */
export async function withSampleTemplates(page: Page, isEmpty = false): Promise<void> {
  const answers = {
    '': isEmpty ? [] : [sampleSettingsTemplate],
    [`/${sampleSettingsTemplate.id}`]: sampleSettingsTemplate,
    [`/${sampleSettingsTemplate.id}/drift`]: COUNTS,
    [`/${sampleSettingsTemplate.id}/devices\\?.*`]: { rows: SAMPLE_DRIFT, next: null },
  };
  for (const [path, json] of Object.entries(answers))
    await page.route(new RegExp(`/api/settings-templates${path}$`), (route) => route.fulfill({ json }));
}
