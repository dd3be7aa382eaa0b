import type { IppValue } from '../../ipp/ipp-message';
import { deviceInformation } from '../../protocol/device-information';
import { informationOf } from './information';

const of = (attributes: Record<string, IppValue | IppValue[]>) => {
  const information = informationOf(new Map(Object.entries(attributes).map(([name, value]) => [name, [value].flat()])));
  // The schema of the control channel must accept any device information.
  expect(deviceInformation.parse(information)).toEqual(information);
  return information;
};
const level = (fields: string) => of({ 'printer-supply': fields }).supplies[0]?.level;

describe('informationOf', () => {
  it('has defaults for missing attributes', () => {
    expect(of({})).toEqual({
      reached: true,
      problem: null,
      state: 'unknown',
      alerts: [],
      supplies: [],
      counters: {},
      model: '',
      serialNumber: '',
      firmwareVersion: '',
    });
  });

  it.each([
    [3, 'idle'],
    [4, 'processing'],
    [5, 'stopped'],
    [6, 'unknown'],
    ['idle', 'unknown'],
  ])('printer-state %s is %s', (value, state) => expect(of({ 'printer-state': value }).state).toBe(state));

  it.each<[string, string[], object[]]>([
    ['nothing', ['none'], []],
    ['an error', ['media-jam-error'], [{ severity: 'error', code: 'media-jam', text: '' }]],
    ['a warning', ['toner-low-warning'], [{ severity: 'warning', code: 'toner-low', text: '' }]],
    ['a report', ['moving-to-paused-report'], [{ severity: 'report', code: 'moving-to-paused', text: '' }]],
    ['a reason without a suffix', ['media-jam'], [{ severity: 'error', code: 'media-jam', text: '' }]],
    ['a neutral reason', ['paused'], [{ severity: 'report', code: 'paused', text: '' }]],
    ['a keyword that implies a warning', ['toner-low'], [{ severity: 'warning', code: 'toner-low', text: '' }]],
    ['a duplicate', ['toner-low', 'toner-low-warning'], [{ severity: 'warning', code: 'toner-low', text: '' }]],
    [
      'the most severe first',
      ['toner-low-warning', 'cover-open-error'],
      [{ code: 'cover-open' }, { code: 'toner-low' }],
    ],
  ])('converts printer-state-reasons: %s', (_what, reasons, alerts) => {
    const found = of({ 'printer-state-reasons': reasons }).alerts;
    expect(found).toHaveLength(alerts.length);
    expect(found).toMatchObject(alerts);
  });

  it('reports each alert once, with its text and the severity of its reason', () => {
    const { alerts } = of({
      'printer-state-reasons': ['media-jam-error', 'toner-low-warning', 'fuser-over-temp-warning'],
      'printer-alert': [
        'code=jam;severity=warning;group=mediaPath',
        'index=2;severity=warning;code=markerTonerAlmostEmpty;',
        'code=markerTonerAlmostEmpty;severity=warning',
        'no code here',
      ],
      'printer-alert-description': ['Jam\u0000in\ntray 2', 'Black is low', 'Cyan is low'],
    });
    expect(alerts).toEqual([
      { severity: 'error', code: 'media-jam', text: 'Jam in tray 2' },
      { severity: 'warning', code: 'toner-low', text: 'Black is low' },
      { severity: 'warning', code: 'toner-low', text: 'Cyan is low' },
      { severity: 'warning', code: 'fuser-over-temp', text: '' },
    ]);
  });

  it.each<[string, number | null]>([
    ['level=60;maxcapacity=100;', 60],
    ['level=30;maxcapacity=120;unit=impressions', 25],
    ['level=150;maxcapacity=100;', 100],
    ['level=-1;maxcapacity=100;', null],
    ['level=-3;maxcapacity=100;', null],
    ['level=40;maxcapacity=-2;', 40],
    ['level=400;maxcapacity=-2;', null],
    ['level=40;maxcapacity=0;', 40],
    ['level=;maxcapacity=100', null],
    ['level=1e9;maxcapacity=100', null],
    ['', null],
  ])('converts %j to the level %s', (fields, expected) => expect(level(fields)).toBe(expected));

  it('tells something left from unknown, and what the device fills from what it uses up', () => {
    const supply = (fields: string) => of({ 'printer-supply': fields }).supplies[0];
    expect(supply('level=-3;maxcapacity=100;')).toMatchObject({ level: null, someLeft: true });
    expect(supply('level=-2;maxcapacity=100;')).not.toHaveProperty('someLeft');
    expect(supply('class=receptacleThatIsFilled;level=20;maxcapacity=100;')).toMatchObject({
      level: 20,
      receptacle: true,
    });
    expect(supply('class=supplyThatIsConsumed;level=20;')).not.toHaveProperty('receptacle');
  });

  it('names supplies by their description, or else by colour and type', () => {
    const { supplies } = of({
      'printer-supply': ['type=toner;colorantname=black;level=4;maxcapacity=100', 'type=opc;level=7', 'x'],
      'printer-supply-description': ['Black Toner'],
    });
    expect(supplies).toEqual([
      { name: 'Black Toner', type: 'toner', colour: 'black', level: 4 },
      { name: 'opc', type: 'opc', colour: '', level: 7 },
      { name: 'Supply 3', type: '', colour: '', level: null },
    ]);
  });

  it('reads the marker attributes if there is no printer-supply', () => {
    const { supplies } = of({
      'marker-names': ['Black', 'Waste'],
      'marker-types': ['toner', 'waste-toner'],
      'marker-colors': ['#000000', 'none'],
      'marker-levels': [-3, 150],
    });
    expect(supplies).toEqual([
      { name: 'Black', type: 'toner', colour: '#000000', level: null, someLeft: true },
      { name: 'Waste', type: 'waste-toner', colour: '', level: 100 },
    ]);
  });

  it('reads all counters', () => {
    const counters = {
      'printer-impressions-completed': 128_456,
      'printer-media-sheets-completed': 90_211,
      'printer-pages-completed': -2,
      'printer-A b-completed': 3,
      'printer-up-time': 9,
    };
    expect(of(counters).counters).toEqual({ impressions: 128_456, 'media-sheets': 90_211 });
  });

  it('reads model and serial number from the device ID if no other attribute has them', () => {
    const deviceId = 'MFG:Acme;MDL:LaserMax 9000;CMD:PDF,PWG;SN:AC90001234;';
    expect(of({ 'printer-device-id': deviceId })).toMatchObject({
      model: 'Acme LaserMax 9000',
      serialNumber: 'AC90001234',
    });
    const own = { 'printer-make-and-model': 'LaserMax', 'printer-serial-number': 'X1' };
    expect(of({ 'printer-device-id': deviceId, ...own })).toMatchObject({ model: 'LaserMax', serialNumber: 'X1' });
  });

  it('is read in time that grows with the number of alerts, not with its square', () => {
    // the square would take minutes
    const all = Array.from({ length: 200_000 }, (_, index) => index.toString(36));
    const { alerts } = of({
      'printer-alert': all.map((each) => `code=a${each}`),
      'printer-state-reasons': all.map((each) => `b${each}`),
    });
    expect(alerts).toHaveLength(24);
  });

  it('stays within its limits, whatever the device reports', () => {
    const much = Array.from({ length: 200 }, (_, index) => `code=a${index};level=${index};${'x'.repeat(500)}`);
    const long = '\ud83d\ude00'.repeat(500);
    const information = of({
      'printer-alert': much,
      'printer-alert-description': much.map(() => long),
      'printer-supply': much,
      'printer-supply-description': much.map(() => `\u001b[2J\u2028${long}`),
      'printer-make-and-model': `x${long}`,
      'printer-firmware-string-version': 'v\r\n1',
      ...Object.fromEntries(much.map((_, index) => [`printer-c${index}-completed`, index])),
    });
    expect(information.alerts).toHaveLength(24);
    expect(information.supplies).toHaveLength(24);
    expect(Object.keys(information.counters)).toHaveLength(24);
    expect(information.model).toHaveLength(199);
    expect(information.supplies[0]?.name).toMatch(/^\[2J \ud83d\ude00/);
    expect(information.firmwareVersion).toBe('v 1');
  });
});
