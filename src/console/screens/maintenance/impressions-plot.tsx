import type { Job } from '../../../protocol/maintenance';
import { useFormats, useText } from '../../messages/language';
import { impressionsOf } from './impressions';

const [WIDTH, HEIGHT, MARGIN] = [420, 64, 5];
/** Fewer readings are not plotted. */
const LEAST = 3;

/** The impressions of a device over its readings. */
export function ImpressionsPlot({ jobs }: { jobs: readonly Job[] }) {
  const t = useText();
  const formats = useFormats();
  const readings = impressionsOf(jobs);
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || readings.length < LEAST) return null;
  const [from, to] = [Date.parse(first.at), Date.parse(last.at)];
  const counts = readings.map(({ count }) => count);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const points = readings.map(({ at, count }) => ({
    at,
    count,
    x: MARGIN + ((Date.parse(at) - from) / Math.max(1, to - from)) * (WIDTH - 2 * MARGIN),
    y: HEIGHT - MARGIN - ((count - least) / Math.max(1, most - least)) * (HEIGHT - 2 * MARGIN),
  }));
  const caption = t.maintenance.impressions(readings.length);
  return (
    <figure className="histogram readings">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`} role="img" aria-label={caption}>
        <rect className="ground" y={HEIGHT} width={WIDTH} height="1" />
        <polyline points={points.map(({ x, y }) => `${x},${y}`).join(' ')} />
        {points.map(({ at, count, x, y }) => (
          <circle key={at} cx={x} cy={y} r="3">
            <title>{t.maintenance.impressionsAt(formats.moment(at), formats.count(count))}</title>
          </circle>
        ))}
      </svg>
      <figcaption>
        {caption}: {formats.count(first.count)} ({formats.day(first.at)}) – {formats.count(last.count)} (
        {formats.day(last.at)})
      </figcaption>
    </figure>
  );
}
