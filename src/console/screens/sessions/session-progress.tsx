import type { Session } from '../../../protocol/api';
import { useFormats, useText } from '../../messages/language';
import { useNow } from '../../parts/time';

const [WIDTH, ROW] = [1000, 16];

/** The phases of a session as a bar: waiting, connecting, running. */
export function SessionProgress({ session }: { session: Session }) {
  const t = useText();
  const formats = useFormats();
  const now = useNow(session.state === 'ended' ? 60_000 : 1_000);
  const at = (moment: string | null): number | undefined => (moment ? Date.parse(moment) : undefined);
  const start = Date.parse(session.requestedAt);
  const end = at(session.endedAt) ?? Math.max(now, start + 1);
  const approved = at(session.approvedAt);
  const established = at(session.establishedAt);
  const parts = [
    { kind: 'waiting', name: t.session.waitingPart, from: start, to: approved ?? end },
    { kind: 'connecting', name: t.session.connectingPart, from: approved, to: established ?? end },
    { kind: 'running', name: t.session.runningPart, from: established, to: end },
  ].flatMap(({ from, ...rest }) => (from === undefined ? [] : [{ ...rest, from }]));
  const x = (moment: number): number => ((moment - start) / Math.max(1, end - start)) * WIDTH;
  return (
    <figure className="course">
      <svg viewBox={`0 0 ${WIDTH} ${ROW}`} preserveAspectRatio="none" role="img" aria-label={t.session.course}>
        {parts.map(({ kind, name, from, to }) => (
          <rect key={kind} className={kind} x={x(from)} width={Math.max(3, x(to) - x(from))} height={ROW}>
            <title>{`${name}: ${formats.duration((to - from) / 1000)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption>
        {parts.map(({ kind, name, from, to }) => (
          <span key={kind} className={`key ${kind}`}>
            {name} · {formats.duration((to - from) / 1000)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
