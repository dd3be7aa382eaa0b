import type { AlertSeverity } from '../../../protocol/device-information';
import { useText } from '../../messages/language';
import { ErrorIcon, NoteIcon, WarningIcon } from '../../parts/icons';

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
