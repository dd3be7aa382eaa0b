import type { ComparedSetting, DriftState, SettingRow, WantedSettings } from '../../../protocol/device-settings';

/**
 * Wanted values beside what a device has reported last, in the order of the wanted ones. Pure.
 * @param absent the state of settings that it has not reported
 */
export function comparedSettings(
  wanted: WantedSettings,
  reported: readonly SettingRow[],
  absent: DriftState = 'unknown',
): ComparedSetting[] {
  const known = new Map(reported.map((row) => [row.name, row]));
  return Object.entries(wanted).map(([name, value]) => {
    const row = known.get(name);
    return {
      name,
      state: row ? stateOf(row, value) : absent,
      wanted: value,
      value: row?.value ?? null,
      settable: row?.settable ?? false,
    };
  });
}

function stateOf(row: SettingRow, wanted: string): DriftState {
  if (row.value === null) return 'unsupported';
  return row.value === wanted ? 'same' : 'differs';
}

/** What someone has to do something about comes first. */
const FIRST: readonly DriftState[] = ['differs', 'unknown', 'unsupported'];
/** Of a device: `same` if all of its settings are. Pure. */
export const driftStateOf = (settings: readonly ComparedSetting[]): DriftState =>
  FIRST.find((state) => settings.some((each) => each.state === state)) ?? 'same';

/** Why it would be of no use to set these values, by what is known; undefined: it may be of use. Pure. */
export function uselessnessOf(settings: readonly ComparedSetting[]): 'same-settings' | 'not-settable' | undefined {
  if (settings.every(({ state }) => state === 'same')) return 'same-settings';
  const mayChange = settings.some(({ state, settable }) => state === 'unknown' || (state === 'differs' && settable));
  return mayChange ? undefined : 'not-settable';
}
