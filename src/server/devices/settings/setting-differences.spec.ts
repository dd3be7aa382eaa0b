import type { DriftState, SettingRow } from '../../../protocol/device-settings';
import { comparedSettings, driftStateOf } from './setting-differences';

const row = (name: string, value: string | null): SettingRow => ({
  ...{ name, value, outcome: 'read', source: 'ipp', settable: true, choices: [], detail: '' },
});
const WANTED = { location: 'Hall', contact: 'Bureau' };

describe('what a device has reported, compared with what it should have,', () => {
  it.each<[string, SettingRow[], DriftState[], DriftState]>([
    ['is the same', [row('contact', 'Bureau'), row('location', 'Hall')], ['same', 'same'], 'same'],
    ['differs', [row('location', 'hall'), row('contact', 'Bureau')], ['differs', 'same'], 'differs'],
    ['differs if it has no value', [row('location', ''), row('contact', 'Bureau')], ['differs', 'same'], 'differs'],
    ['is not known', [], ['unknown', 'unknown'], 'unknown'],
    ['is not known in part', [row('location', 'Hall')], ['same', 'unknown'], 'unknown'],
    ['is not there', [row('location', 'Hall'), row('contact', null)], ['same', 'unsupported'], 'unsupported'],
    ['differs first of all', [row('location', null), row('contact', 'X')], ['unsupported', 'differs'], 'differs'],
    ['is not known rather than not there', [row('location', null)], ['unsupported', 'unknown'], 'unknown'],
    [
      'has more than is wanted',
      [row('location', 'Hall'), row('contact', 'Bureau'), row('name', 'x')],
      ['same', 'same'],
      'same',
    ],
  ])('%s', (_what, reported, each, whole) => {
    const compared = comparedSettings(WANTED, reported);
    expect(compared.map(({ state }) => state)).toEqual(each);
    expect(driftStateOf(compared)).toBe(whole);
  });

  it('is not there if it cannot be read', () => {
    expect(driftStateOf(comparedSettings(WANTED, [], 'unsupported'))).toBe('unsupported');
  });
});
