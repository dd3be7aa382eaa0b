import { Text } from '@mantine/core';
import { Link } from 'react-router';
import type { AcquiredInformation as Acquired } from '../../../protocol/api';
import type { DeviceKind } from '../../../protocol/device-kinds';
import type { DeviceInformation, Supply } from '../../../protocol/device-information';
import { useFormats, useText } from '../../messages/language';
import { Facts } from '../../parts/facts';
import { Ago } from '../../parts/time';
import { counterName } from '../maintenance/job-texts';
import { AlertLine, DeviceStateLabel } from './condition';
import { alertText, contentsText, decisionText, supplyText } from './device-texts';
import { Details } from './details';
import { Marked, SourceMark } from './source-mark';

/** The device information acquired last, and the last update decision (B2). */
export function AcquiredInformation({ kind, information, decision }: Acquired & { kind: DeviceKind }) {
  return (
    <>
      {information && <Information kind={kind} information={information} />}
      {decision && <Decision decision={decision} />}
    </>
  );
}

function Information({ kind, information }: { kind: DeviceKind; information: NonNullable<Acquired['information']> }) {
  const t = useText();
  const formats = useFormats();
  const { reached, problem, unanswered, weakTls, alerts, supplies, counters, details, sources } = information;
  const { firmwareVersion, acquiredAt } = information;
  return (
    <>
      <div>
        <DeviceStateLabel kind={kind} {...information} problem={problem?.code ?? null} />
        <SourceMark of={sources?.state} />
        {weakTls && (
          <div>
            <AlertLine severity="warning" text={t.device.weakTls} />
          </div>
        )}
        {information.followed && (
          <div>
            <AlertLine severity="report" text={t.information.followed} />
          </div>
        )}
        {!reached && <Problem of={problem ?? { code: 'unreachable', detail: '' }} />}
        {reached && unanswered && <Unanswered of={unanswered} />}
      </div>
      {alerts.length === 0 ? (
        reached && (
          <Text size="sm" c="dimmed">
            {t.information.noAlerts}
          </Text>
        )
      ) : (
        <ul className="alerts" aria-label={t.information.alerts}>
          {alerts.map((alert, index) => (
            <li key={index}>
              <AlertLine severity={alert.severity} text={alertText(alert, t)} />
              <span className="minor">
                {alert.code}
                <SourceMark of={sources?.alerts} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {supplies.length > 0 && (
        <section aria-label={t.information.supplies}>
          <h3>
            {t.information.supplies}
            <SourceMark of={sources?.supplies} />
          </h3>
          <Supplies supplies={supplies} />
        </section>
      )}
      {Object.keys(counters).length > 0 && (
        <section aria-label={t.information.counters}>
          <h3>{t.information.counters}</h3>
          <Facts
            of={Object.entries(counters).map(([name, count]) => [
              counterName(name, t),
              <Marked key={name} of={sources?.counters[name]} value={formats.count(count)} />,
            ])}
          />
        </section>
      )}
      {details && <Details of={details} />}
      <Facts
        of={[
          [
            t.information.firmware,
            firmwareVersion && <Marked key="version" of={sources?.firmwareVersion} value={firmwareVersion} />,
          ],
          [t.information.acquired, <Ago key="at" at={acquiredAt} />],
        ]}
      />
    </>
  );
}

/** A protocol in which the device did not answer; what only it reports is missing. */
function Unanswered({ of: { protocol, code, detail } }: { of: NonNullable<DeviceInformation['unanswered']> }) {
  const t = useText();
  return (
    <div>
      <AlertLine
        severity="warning"
        text={t.information.unanswered(t.information.sources[protocol], t.information.problems[code].label)}
      />
      {detail && <Text size="sm">{t.detail(detail)}</Text>}
    </div>
  );
}

/** What stands between the agent and the device, in the words of the agent, and what to do. */
function Problem({ of: { code, detail } }: { of: NonNullable<DeviceInformation['problem']> }) {
  const t = useText();
  const { text, remedy } = t.information.problems[code];
  return (
    <>
      <Text size="sm">
        {text} {remedy}
      </Text>
      {detail && <Text size="sm">{t.detail(detail)}</Text>}
      <Text size="sm" c="dimmed">
        {t.information.lastKnown}
      </Text>
    </>
  );
}

function Decision({ decision }: { decision: NonNullable<Acquired['decision']> }) {
  const t = useText();
  const { at, remoteSessionId, jobId } = decision;
  return (
    <div className="decision">
      <Facts
        of={[
          [
            t.information.decision,
            <span key="decision">
              {decisionText(decision, t)}{' '}
              <span className="minor">
                <Ago at={at} />
                {remoteSessionId && (
                  <>
                    {', '}
                    <Link to={`/sessions/${remoteSessionId}`}>{t.information.forSession}</Link>
                  </>
                )}
                {jobId && (
                  <>
                    {', '}
                    <Link to={`/jobs/${jobId}`}>{t.information.forJob}</Link>
                  </>
                )}
              </span>
            </span>,
          ],
        ]}
      />
    </div>
  );
}

/** Levels below this many per cent are highlighted. */
const LOW = 10;
/** Colours that CSS and printers both know; others are not drawn. */
const COLOUR = /^(#[0-9a-f]{6}|black|cyan|magenta|yellow|red|green|blue|white|gray|orange|violet)$/i;

/** How much of each supply is left, or how much space in a waste container; an unknown level has no bar. */
const Supplies = ({ supplies }: { supplies: readonly Supply[] }) => (
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
  const percent = contentsText(supply, t, formats);
  return (
    <li>
      <span className="swatch" style={{ background: COLOUR.test(colour) ? colour : undefined }} />
      <span className="supply-name">{name}</span>
      <span className={level === null ? 'minor' : undefined}>{percent}</span>
      {level !== null && (
        <div
          className={level < LOW ? 'level low' : 'level'}
          role="meter"
          aria-label={`${name}: ${percent}`}
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
