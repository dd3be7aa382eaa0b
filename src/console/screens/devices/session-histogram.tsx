import type { Session } from '../../../protocol/api';
import { useFormats, useText } from '../../messages/language';

const DAYS = 14;
const DAY_MS = 86_400_000;
const [WIDTH, HEIGHT, GAP] = [DAYS * 22, 44, 6];

/** Sessions per day; the filled part of a bar is those that were established. */
export function SessionHistogram({ sessions }: { sessions: Session[] }) {
  const t = useText();
  const formats = useFormats();
  const today = new Date().setHours(0, 0, 0, 0);
  const days = Array.from({ length: DAYS }, (_, index) => {
    const from = today - (DAYS - 1 - index) * DAY_MS;
    const of = sessions.filter(({ requestedAt }) => {
      const at = Date.parse(requestedAt);
      return at >= from && at < from + DAY_MS;
    });
    return { from, all: of.length, established: of.filter(({ establishedAt }) => establishedAt).length };
  });
  const most = Math.max(4, ...days.map(({ all }) => all));
  const height = (count: number): number => (count / most) * HEIGHT;
  return (
    <figure className="histogram">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`} role="img" aria-label={t.device.history} preserveAspectRatio="none">
        {days.map(({ from, all, established }, index) => (
          <g key={from} transform={`translate(${index * 22} 0)`}>
            <title>{t.device.perDay(formats.day(new Date(from)), all)}</title>
            <rect width={22 - GAP} height={HEIGHT} fill="transparent" />
            <rect className="asked" y={HEIGHT - height(all)} width={22 - GAP} height={height(all)} rx="1.5" />
            <rect y={HEIGHT - height(established)} width={22 - GAP} height={height(established)} rx="1.5" />
            <rect className="ground" y={HEIGHT} width={22 - GAP} height="1" />
          </g>
        ))}
      </svg>
      <figcaption>{t.device.history}</figcaption>
    </figure>
  );
}
