import type { DeviceInformation, DeviceProblem } from '../../protocol/device-information';
import type { HoldReason, JobFailure, Operation } from '../../protocol/maintenance';
import type { IppValue } from '../../ipp/ipp-message';
import { readinessOf, UNREPORTED, type Readiness } from '../device/readiness';
import { ScriptedDevice, DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { ownerRules } from './owner-rules';
import { determine, refusalOf, type DeviceFacts, type MaintainedDevice } from './executability';

interface Change extends Partial<DeviceInformation> {
  readonly readiness?: Partial<Readiness>;
  readonly openSessions?: number;
}
function facts({ readiness, openSessions = 0, ...information }: Change): DeviceFacts {
  return {
    information: { ...DEVICE_INFORMATION, ...information },
    readiness: { ...UNREPORTED, ...readiness },
    openSessions,
  };
}
const alerts = (...codes: string[]): Change => ({
  alerts: codes.map((code) => ({ severity: 'error', code, text: '' })),
});
const usedUp = (type: string, colour: string): Change => ({ supplies: [{ name: 'One', type, colour, level: 0 }] });
const byOther = (protocol: 'ipp' | 'snmp', code: DeviceProblem): Change => ({
  unanswered: { protocol, code, detail: '' },
});
const queued = { readiness: { queuedJobs: 2 } };

type Expected = HoldReason | JobFailure | null;
/** Columns: identify, test-page, restart, firmware-install. */
const TABLE: [string, Change, [Expected, Expected, Expected, Expected]][] = [
  ['is idle', {}, [null, null, null, null]],
  ['is idle with an empty queue', { readiness: { queuedJobs: 0 } }, [null, null, null, null]],
  ['is printing', { state: 'processing' }, [null, null, 'processing', 'processing']],
  ['has stopped', { state: 'stopped' }, [null, 'stopped', null, null]],
  ['reports no state', { state: 'unknown' }, [null, null, null, null]],
  ['does not answer', { reached: false }, ['unreachable', 'unreachable', 'unreachable', 'unreachable']],
  [
    'refuses requests',
    { reached: false, problem: { code: 'refused', detail: 'busy' } },
    ['refused', 'refused', 'refused', 'refused'],
  ],
  ['answers by SNMP only', byOther('ipp', 'unreachable'), Array(4).fill('unreachable') as never],
  ['answers by SNMP only, and refuses IPP', byOther('ipp', 'refused'), Array(4).fill('refused') as never],
  [
    'answers by SNMP only, and asks for a login',
    byOther('ipp', 'login-required'),
    Array(4).fill('login-required') as never,
  ],
  ['answers by IPP only', byOther('snmp', 'login-refused'), [null, null, null, null]],
  ['does not answer, in a session', { reached: false, openSessions: 1 }, Array(4).fill('unreachable') as never],
  ['has an open session', { openSessions: 1 }, [null, null, 'session-open', 'session-open']],
  ['prints in a session', { state: 'processing', openSessions: 1 }, [null, null, 'session-open', 'session-open']],
  ['has jobs in its queue', queued, [null, null, 'jobs-queued', 'jobs-queued']],
  ['has stopped with a queue', { state: 'stopped', ...queued }, [null, 'stopped', null, 'jobs-queued']],
  ['does not accept jobs', { readiness: { acceptsJobs: false } }, [null, 'not-accepting', null, null]],
  ['has no paper', alerts('media-empty'), [null, 'no-media', null, null]],
  ['has stopped without paper', { state: 'stopped', ...alerts('media-empty') }, [null, 'no-media', null, null]],
  ['has no toner', alerts('toner-empty'), [null, 'no-supply', null, null]],
  ['has a full waste container', alerts('marker-waste-full'), [null, 'no-supply', null, null]],
  ['has no paper and a jam', alerts('media-empty', 'media-jam'), [null, 'stopped', null, null]],
  ['warns', { alerts: [{ severity: 'warning', code: 'toner-low', text: '' }] }, [null, null, null, null]],
  ['has used up its black toner', usedUp('toner', '#000000'), [null, 'no-supply', null, null]],
  ['has used up a colour, which the page does not need', usedUp('toner', 'cyan'), [null, null, null, null]],
  ['has used up its drum, without an alert', usedUp('opc', ''), [null, null, null, null]],
  ['cannot print', { readiness: { impossible: ['test-page'] } }, [null, 'unsupported', null, null]],
  [
    'cannot print, and is in a jam',
    { ...alerts('media-jam'), readiness: { impossible: ['test-page'] } },
    [null, 'unsupported', null, null],
  ],
  ['cannot identify itself', { readiness: { impossible: ['identify'] } }, ['unsupported', null, null, null]],
];
const COLUMNS = ['identify', 'test-page', 'restart', 'firmware-install'] as const satisfies Operation[];
const resultOf = (operation: Operation, change: Change): Expected => {
  const determined = determine(operation, facts(change));
  if (determined.do === 'execute') return null;
  return determined.do === 'hold' ? determined.hold : determined.failure;
};

describe('whether a device can execute an operation', () => {
  it('can be read by SNMP only', () => {
    const change = byOther('ipp', 'login-required');
    expect([resultOf('information', change), resultOf('counters', change)]).toEqual([null, null]);
  });

  it.each(TABLE)('a device that %s', (_what, change, expected) => {
    expect(COLUMNS.map((operation) => resultOf(operation, change))).toEqual(expected);
    for (const reading of ['information', 'counters', 'settings-read'] as const)
      expect(resultOf(reading, change)).toBe(change.reached === false ? (change.problem?.code ?? 'unreachable') : null);
  });

  it('names the alerts that stop the device, by text or else by code', () => {
    const found: DeviceInformation['alerts'] = [
      { severity: 'error', code: 'media-jam', text: 'Paper jam at cover A' },
      { severity: 'warning', code: 'toner-low', text: 'Toner low' },
      { severity: 'error', code: 'door-open', text: '' },
    ];
    expect(determine('test-page', facts({ state: 'stopped', alerts: found }))).toMatchObject({
      detail: 'Paper jam at cover A, door-open',
    });
    expect(determine('test-page', facts(usedUp('toner', 'black')))).toMatchObject({ detail: 'One' });
  });

  it.each<[string, [string, IppValue[]][], Partial<Readiness>]>([
    ['nothing', [], {}],
    ['a queue', [['queued-job-count', [3]]], { queuedJobs: 3 }],
    ['an impossible queue', [['queued-job-count', [-1]]], {}],
    ['no acceptance of jobs', [['printer-is-accepting-jobs', [false]]], { acceptsJobs: false }],
    ['every operation', [['operations-supported', [2, 60]]], {}],
    ['no printing', [['operations-supported', [11, 60]]], { impossible: ['test-page'] }],
    ['neither', [['operations-supported', [11]]], { impossible: ['identify', 'test-page'] }],
  ])('is read from IPP attributes: %s', (_what, attributes, expected) => {
    expect(readinessOf(new Map(attributes))).toEqual({ ...UNREPORTED, ...expected });
  });

  const access = new ScriptedDevice({ operations: ['counters', 'restart'] });
  it.each<[string, MaintainedDevice | undefined, JobFailure | null]>([
    ['does not exist', undefined, 'unknown-device'],
    ['has no address', { access: undefined, rules: ownerRules() }, 'unsupported'],
    ['supports it', { access, rules: ownerRules() }, null],
    ['supports it, and it is permitted', { access, rules: ownerRules(['restart']) }, null],
    ['supports it, but it is not permitted', { access, rules: ownerRules(['counters']) }, 'forbidden'],
    ['does not support it, and it is not permitted', { access: undefined, rules: ownerRules([]) }, 'forbidden'],
  ])('is refused at once or not: the device %s', (_what, device, failure) =>
    expect(refusalOf('restart', device)).toBe(failure),
  );
  it('is refused at once when it is permitted, but the device does not support it', () => {
    expect(refusalOf('identify', { access, rules: ownerRules(['identify']) })).toBe('unsupported');
  });
});
