import type { Relay } from '../../api/relays';
import { useFormats, useText } from '../../messages/language';

/** Loads above this share of the limit are highlighted. */
const HIGH = 0.8;

/** Sessions of a relay as a share of its limit, and what it reports about its machine. */
export function RelayLoad({ relay: { id, sessions, limit, load, points } }: { relay: Relay }) {
  const t = useText();
  const formats = useFormats();
  const share = Math.min(1, sessions / limit);
  return (
    <div className="relay-load">
      {t.relays.share(formats.count(sessions), formats.count(limit))}
      <div
        className={share > HIGH ? 'level high' : 'level'}
        role="meter"
        aria-label={t.relays.loadOf(id, formats.percent(share))}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={Math.min(sessions, limit)}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
      {load && (
        <div className="minor">
          {[
            t.relays.cpu(formats.percent(load.cpuShare)),
            t.relays.memory(formats.bytes(load.residentBytes)),
            t.relays.traffic(formats.bytes(load.bytesPerSecond)),
          ].join(' · ')}
        </div>
      )}
      {load && points.length > 1 && <Traffic relay={id} points={points} />}
    </div>
  );
}

const HEIGHT = 20;

/** Bytes per second of the last reports, from left to right. */
function Traffic({ relay, points }: { relay: string; points: Relay['points'] }) {
  const t = useText();
  const most = Math.max(1, ...points.map(({ bytesPerSecond }) => bytesPerSecond));
  const line = points.map(({ bytesPerSecond }, index) => `${index},${HEIGHT - (bytesPerSecond / most) * HEIGHT}`);
  return (
    <svg
      className="traffic"
      viewBox={`0 -1 ${points.length - 1} ${HEIGHT + 2}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t.relays.recent(relay)}
    >
      <polyline points={line.join(' ')} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
