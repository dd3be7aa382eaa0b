import { DEFAULT_ALERT_RULES, type DeviceRules } from '../../../protocol/alert';
import type { DeviceAlert, DeviceInformation, Supply } from '../../../protocol/device-information';
import type { DeviceTrend } from '../../readings/trends';
import type { Usage } from '../../readings/usage';
import { conditionsOf } from './conditions';

const NOTHING: DeviceInformation = {
  ...{ reached: true, problem: null, state: 'idle', alerts: [], supplies: [], counters: {} },
  ...{ model: '', serialNumber: '', firmwareVersion: '' },
};
const supply = (level: number | null, more: Partial<Supply> = {}): Supply => ({
  ...{ name: 'Black', type: 'toner', colour: 'black', level },
  ...more,
});
const reports = (code: string, severity: DeviceAlert['severity'] = 'error', text = ''): DeviceAlert => ({
  ...{ code, severity, text },
});
/** `rule subject severity`, with `(keeps)` where it raises nothing. */
const found = (
  information: Partial<DeviceInformation>,
  rules: Partial<DeviceRules> = {},
  trend?: DeviceTrend,
): string[] =>
  conditionsOf({ ...NOTHING, ...information }, { ...DEFAULT_ALERT_RULES, ...rules }, trend).map((each) =>
    [each.rule, each.subject, each.severity, ...(each.raises ? [] : ['(keeps)'])].filter(Boolean).join(' '),
  );

describe('the conditions of a device', () => {
  const low = 'supply-low toner black Black warning';
  it.each<[string, Partial<DeviceInformation>, string[]]>([
    ['nothing', {}, []],
    ['a full supply', { supplies: [supply(100)] }, []],
    ['a supply at the upper threshold', { supplies: [supply(20)] }, []],
    ['a supply between the thresholds', { supplies: [supply(19)] }, [`${low} (keeps)`]],
    ['a supply at the lower threshold', { supplies: [supply(10)] }, [`${low} (keeps)`]],
    ['a supply below it', { supplies: [supply(9)] }, [low]],
    ['an empty supply', { supplies: [supply(0)] }, ['supply-low toner black Black error']],
    ['a level that is not known', { supplies: [supply(null)] }, []],
    ['some that is left', { supplies: [supply(null, { someLeft: true })] }, []],
    ['two supplies without names', { supplies: [supply(5), supply(3)] }, [low]],
    [
      'two supplies',
      { supplies: [supply(5), supply(2, { name: 'Cyan', colour: 'cyan' })] },
      ['supply-low toner cyan Cyan warning', low],
    ],
    ['its own alert, without levels', { alerts: [reports('toner-low', 'warning')] }, ['supply-low toner warning']],
    [
      'that something is empty, without levels',
      { supplies: [supply(null)], alerts: [reports('marker-supply-empty')] },
      ['supply-low marker-supply error'],
    ],
    ['its own alert, with levels', { supplies: [supply(50)], alerts: [reports('toner-low', 'warning')] }, []],
    ['a jam', { alerts: [reports('media-jam')] }, ['jam warning']],
    ['a jam as a report', { alerts: [reports('media-jam', 'report')] }, []],
    ['an open cover', { alerts: [reports('cover-open')] }, []],
    ...[
      'service-requested',
      'marker-unrecoverable-failure',
      'marker-motor-failure',
      'marker-fuser-thermistor-failure',
      'fuser-over-temp',
      'marker-under-temperature',
      'opc-life-over',
      'printer-unrecoverable-storage-error',
    ].map((code): [string, Partial<DeviceInformation>, string[]] => [
      code,
      { alerts: [reports(code, 'warning')] },
      [`service-call ${code} error`],
    ]),
    ...['marker-recoverable-failure', 'opc-near-eol', 'media-low', 'paused', 'other'].map(
      (code): [string, Partial<DeviceInformation>, string[]] => [code, { alerts: [reports(code)] }, []],
    ),
    [
      'no answer, whatever it reported before',
      { reached: false, problem: null, supplies: [supply(0)] },
      ['device-silent error'],
    ],
  ])('with %s', (_what, information, expected) => expect(found(information)).toEqual(expected));

  it('are none of a rule that is off', () => {
    const off = Object.fromEntries(
      Object.entries(DEFAULT_ALERT_RULES).map(([rule, values]) => [rule, { ...values, enabled: false }]),
    );
    const alerts = [reports('media-jam'), reports('service-requested')];
    expect(found({ supplies: [supply(0)], alerts }, off)).toEqual([]);
    expect(found({ reached: false }, off)).toEqual([]);
  });

  it('last as long as their rule says, and have the facts', () => {
    const information = { ...NOTHING, alerts: [reports('media-jam', 'error', 'Jam in unit B')] };
    expect(conditionsOf(information, DEFAULT_ALERT_RULES, undefined)).toEqual([
      expect.objectContaining({ holdMs: 15 * 60_000, facts: { code: 'media-jam', text: 'Jam in unit B' } }),
    ]);
    const problem = { code: 'login-refused', detail: 'x' } as const;
    const silent = conditionsOf({ ...NOTHING, reached: false, problem }, DEFAULT_ALERT_RULES, undefined);
    expect(silent).toEqual([expect.objectContaining({ holdMs: 60 * 60_000, facts: { problem: 'login-refused' } })]);
  });

  const usage = (more: Partial<Usage> = {}): Usage => ({
    ...{ usual: 200, spread: 20, lately: 180, stillSince: new Date(0), stillDays: 0, printedBefore: 20, ...more },
  });
  const trend = (more: Partial<DeviceTrend>): DeviceTrend => ({
    ...{ serialNumber: '', supplies: new Map(), usage: null, ...more },
  });
  const using = (perDay: number) =>
    trend({ supplies: new Map([['Black', { at: '2026-03-01T00:00:00.000Z', days: 1, perDay }]]) });
  const still = usage({ stillDays: 14 });

  it.each<[string, Partial<DeviceInformation>, DeviceTrend, string[]]>([
    ['that lasts for long enough', { supplies: [supply(56)] }, using(4), []],
    ['between the days', { supplies: [supply(55)] }, using(4), [`${low} (keeps)`]],
    ['for the days at which it keeps', { supplies: [supply(28)] }, using(4), [`${low} (keeps)`]],
    ['for fewer days', { supplies: [supply(27)] }, using(4), [low]],
    ['of which a new one is there', { supplies: [supply(100)] }, using(4), []],
    ['by days, of a device that reports no level', { supplies: [supply(null)] }, using(4), []],
  ])('with a supply %s', (_what, information, by, expected) => expect(found(information, {}, by)).toEqual(expected));

  it('with a supply do not depend on days, if the rule does not', () => {
    const rules = { 'supply-low': { ...DEFAULT_ALERT_RULES['supply-low'], belowDays: 0 } };
    expect(found({ supplies: [supply(27)] }, rules, using(4))).toEqual([]);
  });

  it.each<[string, Partial<DeviceInformation>, Usage | null, string[]]>([
    ['that stands still for 13 days', {}, usage({ stillDays: 13 }), []],
    ['that stands still for 14 days', {}, still, ['meter-still warning']],
    ['of a device that prints seldom', {}, usage({ stillDays: 14, printedBefore: 9 }), []],
    ['of a device that does not answer', { reached: false }, still, ['device-silent error']],
    ['of an earlier device', { serialNumber: 'another' }, still, []],
    ['of a usual day', {}, usage({ lately: 700 }), []],
    ['of almost 5 times a usual day', {}, usage({ lately: 999 }), ['unusual-volume warning (keeps)']],
    ['of 5 times a usual day', {}, usage({ lately: 1_000 }), ['unusual-volume warning']],
    ['of a day within the deviations', {}, usage({ lately: 1_000, spread: 500 }), []],
    ['of few pages', {}, usage({ usual: 2, spread: 0, lately: 300 }), []],
    ['that is not known', {}, null, []],
  ])('with a counter %s', (_what, information, of, expected) =>
    expect(found(information, {}, trend({ serialNumber: 'S', usage: of }))).toEqual(expected),
  );
});
