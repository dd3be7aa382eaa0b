import type { DeviceInformation } from '../../protocol/device-information';
import type { HoldReason, JobFailure, Operation } from '../../protocol/maintenance';
import { OPERATIONS } from '../../protocol/operations';
import { ScriptedDevice, DEVICE_INFORMATION } from '../../../test/support/device/scripted-device';
import { determine, refusalOf, type MaintainedDevice } from './executability';

const CASES = {
  idle: DEVICE_INFORMATION,
  processing: { ...DEVICE_INFORMATION, state: 'processing' },
  stopped: { ...DEVICE_INFORMATION, state: 'stopped' },
  unknown: { ...DEVICE_INFORMATION, state: 'unknown' },
  'idle, warning': { ...DEVICE_INFORMATION, alerts: [{ severity: 'warning', code: 'toner-low', text: '' }] },
  'idle, error': { ...DEVICE_INFORMATION, alerts: [{ severity: 'error', code: 'media-empty', text: '' }] },
  unreachable: { ...DEVICE_INFORMATION, reached: false },
} satisfies Record<string, DeviceInformation>;
type Case = keyof typeof CASES;

const p = 'processing';
const s = 'stopped';
const u = 'unreachable';
const COLUMNS: Case[] = ['idle', 'processing', 'stopped', 'unknown', 'idle, warning', 'idle, error', 'unreachable'];
const TABLE: Record<Operation, (HoldReason | null)[]> = {
  information: [null, null, null, null, null, null, u],
  counters: [null, null, null, null, null, null, u],
  identify: [null, null, null, null, null, null, u],
  'test-page': [null, null, s, null, null, s, u],
  restart: [null, p, null, null, null, null, u],
  'firmware-install': [null, p, null, null, null, null, u],
};
const ROWS = Object.entries(TABLE).flatMap(([operation, holds]) =>
  COLUMNS.map((column, i) => [operation as Operation, column, holds[i]!] as const),
);

describe('whether a device can execute an operation', () => {
  it('is defined for every operation', () => expect(Object.keys(TABLE)).toEqual(Object.keys(OPERATIONS)));

  it.each(ROWS)('%s, device %s: %s', (operation, column, hold) => {
    expect(determine(operation, CASES[column]).hold).toBe(hold);
  });

  it('names the alerts that stop the device, by text or else by code', () => {
    const alerts: DeviceInformation['alerts'] = [
      { severity: 'error', code: 'media-jam', text: 'Paper jam at cover A' },
      { severity: 'warning', code: 'toner-low', text: 'Toner low' },
      { severity: 'error', code: 'door-open', text: '' },
    ];
    const { detail } = determine('test-page', { ...DEVICE_INFORMATION, state: 'stopped', alerts });
    expect(detail).toBe('Paper jam at cover A, door-open');
  });

  const access = new ScriptedDevice({ operations: ['counters', 'restart'] });
  it.each<[string, MaintainedDevice | undefined, JobFailure | null]>([
    ['does not exist', undefined, 'unknown-device'],
    ['has no address', { access: undefined, permitted: undefined }, 'unsupported'],
    ['supports it', { access, permitted: undefined }, null],
    ['supports it, and it is permitted', { access, permitted: ['restart'] }, null],
    ['supports it, but it is not permitted', { access, permitted: ['counters'] }, 'forbidden'],
    ['does not support it, and it is not permitted', { access: undefined, permitted: [] }, 'forbidden'],
  ])('is refused at once or not: the device %s', (_what, device, failure) =>
    expect(refusalOf('restart', device)).toBe(failure),
  );
  it('is refused at once when it is permitted, but the device does not support it', () => {
    expect(refusalOf('identify', { access, permitted: ['identify'] })).toBe('unsupported');
  });
});
