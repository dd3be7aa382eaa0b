import { ControlPlane } from '../../../../test/support/server/control-plane';
import { meterReport } from '../../../protocol/meter-report';
import { DAY_MS } from '../thinning';

const DEVICES = 1_000;
/** Rows of one statement. */
const ROWS = 500;
const MARCH = Date.parse('2026-03-01T00:00:00Z');
/** Readings each day, from the last one of February to the first one of April. */
const DAYS = Array.from({ length: 33 }, (_, index) => MARCH + (index - 1) * DAY_MS);
const APRIL = MARCH + 31 * DAY_MS;

/** What a device has counted by a time: each prints differently much. */
const countedBy = (device: number, at: number): { impressions: number; scans: number } => {
  const days = Math.round((at - DAYS[0]!) / DAY_MS);
  return { impressions: 1_000 * device + days * (device % 97), scans: 10 * device + days * (device % 7) };
};

describe('the meter report of a month of 1,000 devices', () => {
  let plane: ControlPlane;
  let customerId: string;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    customerId = await plane.addCustomer('Thousand');
    const siteId = await plane.addSite(customerId, 'Tower');
    const metered = Array.from({ length: DEVICES }, (_, device) => {
      const name = `"id", "deviceId", "serialNumber", "customerId", "siteId", name, model`;
      const values = `${10_000 + device}, 'mfp-${device}', 'S${device}', '${customerId}', '${siteId}', 'MFP ${device}', 'M'`;
      return { name, values: `(${values}, '[]', '{}', '{}', ${DAYS[0]}, ${APRIL}, 0, 0)` };
    });
    const columns = `${metered[0]!.name}, supplies, counters, sources, "firstAt", "lastAt", "dailyUntil", "monthlyUntil"`;
    await insert(
      `metered_devices (${columns})`,
      metered.map(({ values }) => values),
    );
    const readings = metered.flatMap((_, device) =>
      DAYS.map((at) => `(${10_000 + device}, ${at}, 'idle', '${JSON.stringify(countedBy(device, at))}', '{}')`),
    );
    await insert('readings ("meteredDeviceId", at, state, counters, levels)', readings);
  });
  afterAll(() => plane?.stop());

  const insert = async (into: string, rows: readonly string[]): Promise<void> => {
    for (let first = 0; first < rows.length; first += ROWS)
      await plane.write(`INSERT INTO ${into} VALUES ${rows.slice(first, first + ROWS).join(', ')}`);
  };
  /** By the readings themselves. */
  const volumeOf = (device: number, counter: 'impressions' | 'scans') =>
    countedBy(device, APRIL)[counter] - countedBy(device, MARCH)[counter];
  const sumOf = (counter: 'impressions' | 'scans') =>
    Array.from({ length: DEVICES }, (_, device) => volumeOf(device, counter)).reduce((sum, each) => sum + each, 0);
  const period = () => `from=2026-03-01&to=2026-03-31&customerId=${customerId}`;

  it('has each of them, with the sums of their readings', async () => {
    const report = meterReport.parse((await plane.call('ada', 'GET', `/meter-report?${period()}`)).body);
    expect(report.devices).toHaveLength(DEVICES);
    expect(report.totals).toEqual([
      { counter: 'impressions', volume: sumOf('impressions'), unknown: 0 },
      { counter: 'scans', volume: sumOf('scans'), unknown: 0 },
    ]);
  });

  it('is exported as CSV, whose lines have the same sums', async () => {
    const template = {
      ...{ name: 'Thousand', line: 'device', separator: ';', headings: true },
      columns: [
        { heading: 'DEVICE', field: 'device' },
        { heading: 'BW', field: 'volume', counter: 'impressions' },
        { heading: 'SCAN', field: 'volume', counter: 'scans' },
      ],
    };
    const { body } = await plane.call('ada', 'POST', '/report-templates', template);
    const file = await plane.text('ada', `/meter-report/file?${period()}&format=csv&templateId=${String(body.id)}`);
    const [headings, ...lines] = file.replace('\uFEFF', '').trimEnd().split('\r\n');
    expect(headings).toBe('DEVICE;BW;SCAN');
    expect(lines).toHaveLength(DEVICES);
    for (const line of lines) {
      const [id = '', ...volumes] = line.split(';');
      const device = Number(id.replace('mfp-', ''));
      expect([id, ...volumes]).toEqual([id, `${volumeOf(device, 'impressions')}`, `${volumeOf(device, 'scans')}`]);
    }
  });
});
