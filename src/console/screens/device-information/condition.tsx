import type { Device } from '../../../protocol/api';
import type { DeviceKind } from '../../../protocol/device-kinds';
import {
  isLasting,
  type AlertSeverity,
  type DeviceProblem,
  type DeviceState,
} from '../../../protocol/device-information';
import { useText } from '../../messages/language';
import { ErrorIcon, NoteIcon, WarningIcon } from '../../parts/icons';
import { Status, type Tone } from '../../parts/status';
import { alertText } from './device-texts';

const TONES: Record<DeviceState, Tone> = { idle: 'on', processing: 'on', stopped: 'bad', unknown: 'off' };

/** The state that a device reports, or that it did not answer. */
export function DeviceStateLabel({
  kind,
  reached,
  problem,
  state,
  isCurrent = true,
}: {
  kind: DeviceKind;
  reached: boolean;
  problem: DeviceProblem | null;
  state: DeviceState;
  /** Otherwise it is the last known state. */
  isCurrent?: boolean;
}) {
  const t = useText();
  if (!reached) {
    const code = problem ?? 'unreachable';
    return <Status tone={isLasting(code) ? 'bad' : 'off'}>{t.information.problems[code].label}</Status>;
  }
  const text = state === 'processing' ? t.information.busy[kind] : t.information.states[state];
  return <Status tone={isCurrent ? TONES[state] : 'off'}>{text}</Status>;
}

/** State and worst alert of a device. */
export function Condition({ device: { kind, condition, online } }: { device: Device }) {
  const t = useText();
  if (!condition) return <span className="minor">{t.information.nothing}</span>;
  const { alerts, severity, alert, alertCode } = condition;
  return (
    <>
      <DeviceStateLabel kind={kind} {...condition} isCurrent={online} />
      {severity && (
        <div>
          <AlertLine severity={severity} text={alertText({ code: alertCode, text: alert }, t)} />
          {alerts > 1 && <span className="minor"> {t.information.others(alerts - 1)}</span>}
        </div>
      )}
    </>
  );
}

const ICONS = { error: ErrorIcon, warning: WarningIcon, report: NoteIcon };

/** An alert as icon and text; each severity has an icon of its own shape. */
export function AlertLine({ severity, text }: { severity: AlertSeverity; text: string }) {
  const t = useText();
  const Icon = ICONS[severity];
  const word = t.information.severities[severity];
  return (
    <span className={`alert-line ${severity}`} title={word}>
      <Icon size={15} />
      <span>
        <span className="unseen">{word}: </span>
        {text}
      </span>
    </span>
  );
}
