import {
  isMissed,
  isSettingName,
  mistakeIn,
  SETTING_NAMES,
  type SettingName,
  type SettingRow,
  type WantedSettings,
} from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';
import { OperationUnsupported } from '../device/device-access';
import { cleanLine } from '../device/attribute-text';
import { answerInTime } from '../device/device-answer';
import type { KnownSetting, SettingRefusals } from '../device/known-setting';
import type { JobResults } from './job';
import { JobFailed } from './maintenance.errors';
import type { OperationContext } from './operation-context';

/** Every setting of the table, also those that the device does not have. @throws as `EXECUTE` */
export async function readSettings(context: OperationContext): Promise<JobResults> {
  const known = byName(await settingsOf(context));
  if (known.size === 0) throw new OperationUnsupported('the device reports none of the settings');
  const settings = SETTING_NAMES.map((name) => {
    const found = known.get(name);
    return found ? rowOf(found, 'read') : absent(name);
  });
  return { settings };
}

/**
 * Sets what differs from the wanted values, and reads all back. @throws as `EXECUTE`; JobFailed settings-missed, with a row
 * for each wanted setting
 */
export async function setSettings(context: OperationContext): Promise<JobResults> {
  const { order, access, signal, progress } = context;
  const before = byName(await settingsOf(context));
  const plan = planSettings(order.settings ?? {}, before);
  if (plan.toSet.length === 0) return concluded(plan.settled);
  progress('setting', null);
  // each setting is a request of its own, with the time for one
  const ms = LIMITS.DEVICE_ANSWER_MS * (plan.toSet.length + 1) * 2;
  const refusals = await answerInTime(context.times.acceptMs ?? ms, signal, (until) =>
    access.setSettings(plan.toSet, until),
  );
  const after = byName(await settingsOf(context));
  const tried = plan.toSet.map(([name, value]) =>
    triedRow(name, value, after.get(name) ?? before.get(name)!, refusals),
  );
  return concluded([...plan.settled, ...tried]);
}

export interface SettingsPlan {
  /** Rows of settings that are not set. */
  readonly settled: readonly SettingRow[];
  readonly toSet: readonly (readonly [name: SettingName, value: string])[];
}

/** What is to be set at a device, whose values are `known`. Pure. */
export function planSettings(wanted: WantedSettings, known: ReadonlyMap<string, KnownSetting>): SettingsPlan {
  const settled: SettingRow[] = [];
  const toSet: [SettingName, string][] = [];
  for (const [name, value] of Object.entries(wanted)) {
    const found = known.get(name);
    if (!isSettingName(name)) settled.push({ ...absent(name), detail: 'this agent does not know the setting' });
    else if (!found) settled.push(absent(name));
    else if (found.value === value) settled.push(rowOf(found, 'unchanged'));
    else if (!found.settable) settled.push(rowOf(found, 'unsupported', 'the device does not permit it to be set'));
    else {
      const mistake = mistakeIn(name, value, found.choices);
      if (mistake === undefined) toSet.push([name, value]);
      else settled.push(rowOf(found, 'refused', mistake));
    }
  }
  return { settled, toSet };
}

function triedRow(name: SettingName, value: string, now: KnownSetting, refusals: SettingRefusals): SettingRow {
  const refusal = refusals.get(name);
  if (now.value === value) return rowOf(now, 'set');
  return refusal === undefined ? rowOf(now, 'differs') : rowOf(now, 'refused', refusal);
}

function concluded(settings: readonly SettingRow[]): JobResults {
  const missed = settings.filter(({ outcome }) => isMissed(outcome)).map(({ name }) => name);
  if (missed.length > 0) throw new JobFailed('settings-missed', missed.join(', '), { settings });
  return { settings };
}

/** Waits no longer than all requests of one reading may take. */
const settingsOf = ({ access, signal }: OperationContext): Promise<readonly KnownSetting[]> =>
  answerInTime(4 * LIMITS.DEVICE_ANSWER_MS, signal, (until) => access.settings(until));

const byName = (settings: readonly KnownSetting[]): ReadonlyMap<string, KnownSetting> =>
  new Map(settings.map((each) => [each.name, each]));

const rowOf = (
  { name, value, source, settable, choices }: KnownSetting,
  outcome: SettingRow['outcome'],
  detail = '',
): SettingRow => ({
  ...{ name, outcome, value, source, settable, choices: [...choices] },
  detail: cleanLine(detail, LIMITS.SETTING_CHARACTERS),
});

const absent = (name: string): SettingRow => ({
  ...{ name, outcome: 'unsupported', value: null, source: null, settable: false, choices: [] },
  detail: 'the device does not report it',
});
