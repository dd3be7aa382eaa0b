import type { Page } from 'playwright-core';
import type { MeterReport, NewReportTemplate, ReportTemplate } from '../../../src/protocol/meter-report';
import type { Reading, Readings } from '../../../src/protocol/readings';

const DAY_MS = 86_400_000;

/** A device with readings of the last 25 days, and a counter that jumped. */
export function sampleReadings(now = Date.now()): Readings {
  const at = (days: number) => new Date(now - days * DAY_MS).toISOString();
  return {
    meteredDeviceId: 7,
    since: at(25),
    serialNumber: 'PD3050-1',
    readings: Array.from({ length: 26 }, (_, index): Reading => ({
      at: at(25 - index),
      state: index === 9 ? ('stopped' as const) : index === 17 ? ('not-reached' as const) : ('idle' as const),
      counters:
        index === 17
          ? null
          : {
              impressions: 120_000 + index * 90,
              'impressions-full-color': 40_000 + index * 30,
              scans: 9_000 + index * 12,
            },
      levels: index === 17 ? {} : { 'Black toner': 80 - index * 2, 'Waste container': 'some' as const },
    })),
    supplies: [
      {
        ...{ key: 'Black toner', name: 'Black toner', type: 'toner', colour: 'black', level: 30 },
        empty: { at: at(-15), days: 15, perDay: 2 },
      },
      {
        ...{ key: 'Waste container', name: 'Waste container', type: 'wasteToner', colour: '', receptacle: true },
        ...{ level: 'some' as const, empty: null },
      },
    ],
    jumps: [
      {
        ...{ id: '3f8ad6f3-1111-4222-8333-0123456789ab', counter: 'scans', at: at(3), before: 9_270, after: 0 },
        ...{ offset: null, reason: '', enteredBy: '' },
      },
    ],
    schedule: { hours: 24, nextAt: at(-1), obstacle: null },
  };
}

export const sampleReport: MeterReport = {
  ...{ from: '2026-03-01', to: '2026-03-31', customerName: null },
  devices: [
    {
      ...{ meteredDeviceId: 7, deviceId: 'copy-room', name: 'Copy room', model: 'Demo', serialNumber: 'PD3050-1' },
      ...{ customerName: 'Acme', siteName: 'Head office' },
      meters: [
        {
          ...{ counter: 'impressions', offset: 0, volume: 2_790, problem: null },
          first: { at: '2026-03-01T00:00:00.000Z', value: 120_000, origin: 'read' },
          last: { at: '2026-04-01T00:00:00.000Z', value: 122_790, origin: 'estimated' },
        },
        {
          ...{ counter: 'scans', offset: 0, volume: null, problem: 'jump' as const },
          first: { at: '2026-03-01T00:00:00.000Z', value: 9_000, origin: 'read' },
          last: { at: '2026-04-01T00:00:00.000Z', value: 12, origin: 'read' },
        },
      ],
    },
  ],
  totals: [
    { counter: 'impressions', volume: 2_790, unknown: 0 },
    { counter: 'scans', volume: 0, unknown: 1 },
  ],
};

export const sampleTemplate: ReportTemplate = {
  ...{ id: '3f8ad6f3-2222-4222-8333-0123456789ab', name: 'ERP', line: 'device', separator: ';', headings: true },
  columns: [
    { heading: 'EQUIPMENT', field: 'serial' },
    { heading: 'BW', field: 'volume', counter: 'impressions-monochrome' },
  ],
};

/** Answers what the history of a device, and the meter report, read. */
export async function withSampleReadings(page: Page, known: Readings = sampleReadings()): Promise<void> {
  await page.route(/\/api\/devices\/[^/]+\/readings\?/, (route) => route.fulfill({ json: known }));
  await page.route(/\/api\/meter-report\?/, (route) => route.fulfill({ json: sampleReport }));
  await page.route(/\/api\/report-templates$/, (route) => route.fulfill({ json: [sampleTemplate] }));
  await page.route(/\/api\/report-templates\/preview$/, (route) => {
    const { template } = route.request().postDataJSON() as { template: NewReportTemplate };
    const cells = { serial: 'PD3050-1', name: 'Copy room', meter: 'impressions', last: 122_790, volume: 2_790 };
    const line = template.columns.map(({ field }) => (cells as Record<string, string | number>)[field] ?? null);
    return route.fulfill({ json: { lines: [line] } });
  });
  await page.route(/\/api\/report-mails$/, (route) => route.fulfill({ json: [] }));
}
