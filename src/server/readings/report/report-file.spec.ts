import { csvOf, fileOf } from './report-file';
import type { MeterReport } from '../../../protocol/meter-report';
import { inflateRawSync } from 'node:zlib';

const REPORT: MeterReport = {
  ...{ from: '2026-03-01', to: '2026-03-31', customerName: 'Acme & Co', totals: [] },
  devices: [
    {
      ...{ meteredDeviceId: 1, deviceId: 'hall', name: '=1+2', model: 'M "big"', serialNumber: '007' },
      ...{ customerName: 'Acme & Co', siteName: 'Head; office' },
      meters: [
        {
          ...{ counter: 'impressions', offset: 5, volume: 105, problem: null },
          first: { at: '2026-03-01T00:00:00.000Z', value: 100, origin: 'read' },
          last: { at: '2026-04-01T00:00:00.000Z', value: 200, origin: 'estimated' },
        },
        { counter: 'scans', first: null, last: null, offset: 0, volume: null, problem: 'no-reading' },
      ],
    },
  ],
};
const lines = async (...parameters: Parameters<typeof fileOf>) =>
  (await fileOf(...parameters)).content.toString('utf8').replace('\uFEFF', '').split('\r\n');

describe('the file of a meter report', () => {
  it.each([
    ['=1+2', "'=1+2"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    [' =1', "' =1"],
    ['\t=1', "'\t=1"],
    ['＝1', "'＝1"],
    ['a=1', 'a=1'],
    ['007', '007'],
    ['a,b', '"a,b"'],
    ['a;b', 'a;b'],
    ['say "x"', '"say ""x"""'],
    ['=a,"b"', '"\'=a,""b"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    [-5, '-5'],
    [null, ''],
    ['', ''],
  ])('has %j as %j', (value, written) => expect(csvOf([[value, 1]], ',')).toBe(`\uFEFF${written},1\r\n`));

  it('has one line for each meter', async () => {
    const [headings, first, second, ...rest] = await lines(REPORT, 'csv');
    expect(headings).toMatch(/^Customer,Site,Device ID,Device,Model,Serial number,Meter,/);
    expect(first).toBe(
      'Acme & Co,Head; office,hall,\'=1+2,"M ""big""",007,impressions,2026-03-01T00:00:00.000Z,100,read,' +
        '2026-04-01T00:00:00.000Z,200,estimated,5,105,,2026-03-01,2026-03-31',
    );
    expect(second).toContain('scans,,,,,,,0,,no-reading');
    expect(rest).toEqual(['']);
  });

  it('has the columns of a template', async () => {
    const columns = [
      { heading: 'EQUIPMENT', field: 'serial' as const },
      { heading: '', field: 'empty' as const },
      { heading: 'BW', field: 'volume' as const, counter: 'impressions' },
      { heading: 'SCAN', field: 'volume' as const, counter: 'scans' },
      { heading: 'FAX', field: 'volume' as const, counter: 'faxes' },
    ];
    const template = { line: 'device' as const, separator: ';' as const, headings: true, columns };
    expect(await lines(REPORT, 'csv', template)).toEqual(['EQUIPMENT;;BW;SCAN;FAX', '007;;105;;', '']);
    expect(await lines(REPORT, 'csv', { ...template, headings: false })).toEqual(['007;;105;;', '']);
  });

  it('is named by customer and period', async () => {
    const { name, type } = await fileOf(REPORT, 'csv');
    expect([name, type.split(';')[0]]).toEqual(['meters-Acme-Co-2026-03-01-2026-03-31.csv', 'text/csv']);
  });

  it('is JSON', async () => expect(JSON.parse(String((await fileOf(REPORT, 'json')).content))).toEqual(REPORT));

  it('is a spreadsheet, whose texts are texts and whose numbers are numbers', async () => {
    const { content } = await fileOf(REPORT, 'xlsx');
    const sheet = partOf(content, 'xl/worksheets/sheet1.xml');
    expect(sheet).not.toContain('<f>');
    expect(sheet).toMatch(/<v>105<\/v>/);
    expect(partOf(content, 'xl/sharedStrings.xml') + sheet).toContain('=1+2');
  });
});

/** A file of a ZIP archive (APPNOTE 4.3), by its entry in the central directory. */
function partOf(archive: Buffer, name: string): string {
  for (
    let at = archive.indexOf('PK\x01\x02', 0, 'latin1');
    at >= 0;
    at = archive.indexOf('PK\x01\x02', at + 4, 'latin1')
  ) {
    const length = archive.readUInt16LE(at + 28);
    if (archive.toString('utf8', at + 46, at + 46 + length) !== name) continue;
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const data = archive.subarray(from, from + archive.readUInt32LE(at + 20));
    return (archive.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data)).toString('utf8');
  }
  return '';
}
