import type { Supply } from '../../../protocol/device-information';
import { useFormats, useText } from '../../messages/language';

/** Below this many per cent a level is drawn so that it stands out. */
const LOW = 10;
/** What CSS and printers both call a colour; anything else a device may say is left out. */
const COLOUR = /^(#[0-9a-f]{6}|black|cyan|magenta|yellow|red|green|blue|white|gray|orange|violet)$/i;

/** How much of each supply is left; a level that the device does not know has no bar. */
export const Supplies = ({ supplies }: { supplies: readonly Supply[] }) => (
  <ul className="supplies">
    {supplies.map((supply, index) => (
      <Level key={index} supply={supply} />
    ))}
  </ul>
);

function Level({ supply: { name, colour, level } }: { supply: Supply }) {
  const t = useText();
  const formats = useFormats();
  const percent = level === null ? t.information.notTold : formats.percent(level / 100);
  return (
    <li>
      <span className="swatch" style={{ background: COLOUR.test(colour) ? colour : undefined }} />
      <span className="supply-name">{name}</span>
      <span className={level === null ? 'minor' : undefined}>{percent}</span>
      {level !== null && (
        <div
          className={level < LOW ? 'level low' : 'level'}
          role="meter"
          aria-label={t.information.level(name, percent)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={level}
        >
          <span style={{ width: `${level}%` }} />
        </div>
      )}
    </li>
  );
}
