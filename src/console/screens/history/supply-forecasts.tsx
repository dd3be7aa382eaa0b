import type { ForecastSupply } from '../../../protocol/readings';
import { useFormats, useText } from '../../messages/language';
import { contentsText, supplyText } from '../device-information/device-texts';

/** What is left of each supply, and until when. */
export function SupplyForecasts({ supplies }: { supplies: readonly ForecastSupply[] }) {
  const t = useText();
  const formats = useFormats();
  if (supplies.length === 0) return null;
  const untilOf = ({ empty, receptacle }: ForecastSupply): string => {
    if (!empty) return t.history.noForecast;
    const [days, date] = [formats.count(empty.days), formats.date(empty.at)];
    return receptacle ? t.history.fills(days, date) : t.history.empties(days, date);
  };
  return (
    <section aria-label={t.history.forecast}>
      <h3>{t.history.forecast}</h3>
      <ul className="forecasts">
        {supplies.map((supply) => {
          const { key, level, receptacle } = supply;
          const contents = level === 'some' ? { level: null, someLeft: true as const } : { level };
          return (
            <li key={key}>
              <strong>{supplyText(supply, t)}</strong>
              <span>{contentsText({ ...contents, receptacle }, t, formats)}</span>
              <span className={supply.empty ? undefined : 'minor'}>{untilOf(supply)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
