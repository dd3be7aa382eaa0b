import type { Device } from '../../../protocol/api';
import type { DeviceState } from '../../../protocol/device-information';
import { useText } from '../../messages/language';
import { Status, type Tone } from '../../parts/status';
import { AlertLine } from './alert-line';
import { alertText } from './device-words';

const TONES: Record<DeviceState, Tone> = { idle: 'on', processing: 'on', stopped: 'bad', unknown: 'off' };

/** State of a device as it reports it, or that it did not answer. */
export function DeviceStateWord({
  reached,
  state,
  isCurrent = true,
}: {
  reached: boolean;
  state: DeviceState;
  /** Otherwise it is the last known state. */
  isCurrent?: boolean;
}) {
  const t = useText();
  if (!reached) return <Status tone="off">{t.information.notReached}</Status>;
  return <Status tone={isCurrent ? TONES[state] : 'off'}>{t.information.states[state]}</Status>;
}

/** State and worst alert of a device. */
export function Condition({ device: { condition, online } }: { device: Device }) {
  const t = useText();
  if (!condition) return <span className="minor">{t.information.nothing}</span>;
  const { alerts, severity, alert, alertCode } = condition;
  return (
    <>
      <DeviceStateWord {...condition} isCurrent={online} />
      {severity && (
        <div>
          <AlertLine severity={severity} text={alertText({ code: alertCode, text: alert }, t)} />
          {alerts > 1 && <span className="minor"> {t.information.others(alerts - 1)}</span>}
        </div>
      )}
    </>
  );
}
