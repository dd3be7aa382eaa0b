import type { Supply } from '../../../protocol/device-information';
import { useFormats, useText } from '../../messages/language';
import { supplyText } from './device-words';

/** Levels below this many per cent are highlighted. */
const LOW = 10;
/** Colours that CSS and printers both know; others are not drawn. */
const COLOUR = /^(#[0-9a-f]{6}|black|cyan|magenta|yellow|red|green|blue|white|gray|orange|violet)$/i;

/** How much of each supply is left; an unknown level has no bar. */
export const Supplies = ({ supplies }: { supplies: readonly Supply[] }) => (
  <ul className="supplies">
    {supplies.map((supply, index) => (
      <Level key={index} supply={supply} />
    ))}
  </ul>
);

function Level({ supply }: { supply: Supply }) {
  const t = useText();
  const formats = useFormats();
  const { colour, level } = supply;
  const name = supplyText(supply, t);
  const percent = level === null ? t.information.levelUnknown : formats.percent(level / 100);
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
