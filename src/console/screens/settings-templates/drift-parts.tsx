import type { DriftState } from '../../../protocol/device-settings';
import type { DeviceDrift } from '../../../protocol/settings-template';
import { useText } from '../../messages/language';
import { Status, type Tone } from '../../parts/status';
import { settingName, settingValue } from '../settings/setting-texts';

export const DRIFT_TONES: Record<DriftState, Tone> = {
  differs: 'bad',
  unknown: 'asleep',
  unsupported: 'off',
  same: 'on',
};

/** The state of a device, and what it is because of. */
export function Drift({ of: { state, settings, reads } }: { of: DeviceDrift }) {
  const t = useText();
  const namesOf = (wanted: DriftState): string =>
    settings
      .filter((each) => each.state === wanted)
      .map(({ name }) => settingName(name, t))
      .join(', ');
  const [lacks, unread] = [namesOf('unsupported'), namesOf('unknown')];
  return (
    <>
      <Status tone={DRIFT_TONES[state]}>{t.templates.states[state]}</Status>
      {settings
        .filter((each) => each.state === 'differs')
        .map(({ name, value, wanted, settable }) => (
          <div key={name} className="minor why">
            {t.templates.differs(settingName(name, t), settingValue(value ?? '', t), settingValue(wanted, t))}
            {!settable && <> {t.templates.fixed}</>}
          </div>
        ))}
      {lacks && <div className="minor why">{reads ? t.templates.lacks(lacks) : t.templates.blind}</div>}
      {unread && <div className="minor why">{t.templates.unread(unread)}</div>}
    </>
  );
}
