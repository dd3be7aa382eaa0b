import { DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { jobResult } from '../../protocol/maintenance';
import { counterLines, informationLines } from './result-lines';

describe('lines of a result', () => {
  it('contain the device information, the most important lines first', () => {
    const alerts = [
      { severity: 'error', code: 'media-jam', text: 'Paper jam at cover A' },
      { severity: 'warning', code: 'toner-low', text: '' },
    ] as const;
    const supplies = [
      ...DEVICE_INFORMATION.supplies,
      { name: '廃トナー', type: 'wasteToner', colour: '', level: null },
      { name: '', type: '', colour: '', level: 0 },
    ];
    const lines = informationLines({ ...DEVICE_INFORMATION, alerts: [...alerts], supplies, serialNumber: '' });
    expect(lines.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'state=idle',
      'model=3050ci',
      'firmware-version=2.14.003',
      'alert.1=error: media-jam (Paper jam at cover A)',
      'alert.2=warning: toner-low',
      'supply.1.black-toner=40 %',
      'supply.2.wastetoner=unknown',
      'supply.3.unnamed=0 %',
      'counter.impressions=128456',
      'counter.media-sheets=90211',
    ]);
    expect(counterLines(DEVICE_INFORMATION)).toEqual([
      { name: 'impressions', value: '128456' },
      { name: 'media-sheets', value: '90211' },
    ]);
  });

  it('stay within the limits of a result, whatever the device reports', () => {
    const full = {
      ...DEVICE_INFORMATION,
      model: 'm'.repeat(200),
      alerts: Array.from({ length: 24 }, () => ({
        severity: 'error' as const,
        code: 'c'.repeat(64),
        text: 't'.repeat(200),
      })),
      supplies: Array.from({ length: 24 }, () => ({ name: 'Ñ!'.repeat(50), type: '', colour: '', level: null })),
      counters: Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`${'c'.repeat(46)}${i}`, i])),
    };
    const lines = informationLines(full);
    expect(jobResult.parse(lines)).toHaveLength(64);
    expect(new Set(lines.map(({ name }) => name)).size).toBe(64);
  });
});
