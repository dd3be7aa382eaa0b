import { Text } from '@mantine/core';
import { Link } from 'react-router';
import type { AcquiredInformation as Acquired } from '../../../protocol/api';
import { useFormats, useText } from '../../messages/language';
import { Ago } from '../../parts/ago';
import { Facts } from '../../parts/facts';
import { counterName } from '../maintenance/job-words';
import { AlertLine } from './alert-line';
import { alertText } from './device-words';
import { DeviceStateWord } from './condition';
import { Supplies } from './supplies';

/** The device information acquired last, and the last update decision (B2). */
export function AcquiredInformation({ information, decision }: Acquired) {
  return (
    <>
      {information && <Information information={information} />}
      {decision && <Decision decision={decision} />}
    </>
  );
}

function Information({ information }: { information: NonNullable<Acquired['information']> }) {
  const t = useText();
  const formats = useFormats();
  const { reached, alerts, supplies, counters, firmwareVersion, acquiredAt } = information;
  return (
    <>
      <div>
        <DeviceStateWord {...information} />
        {!reached && (
          <Text size="sm" c="dimmed">
            {t.information.notReachedHint}
          </Text>
        )}
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
              <span className="minor">{alert.code}</span>
            </li>
          ))}
        </ul>
      )}
      {supplies.length > 0 && (
        <section aria-label={t.information.supplies}>
          <h3>{t.information.supplies}</h3>
          <Supplies supplies={supplies} />
        </section>
      )}
      {Object.keys(counters).length > 0 && (
        <section aria-label={t.information.counters}>
          <h3>{t.information.counters}</h3>
          <Facts of={Object.entries(counters).map(([name, count]) => [counterName(name, t), formats.count(count)])} />
        </section>
      )}
      <Facts
        of={[
          [t.information.firmware, firmwareVersion],
          [t.information.acquired, <Ago key="at" at={acquiredAt} />],
        ]}
      />
    </>
  );
}

function Decision({ decision }: { decision: NonNullable<Acquired['decision']> }) {
  const t = useText();
  const { at, outcome, reason, remoteSessionId } = decision;
  return (
    <div className="decision">
      <Facts
        of={[
          [
            t.information.decision,
            <span key="decision">
              {t.information.decisions[outcome]} ({t.information.reasons[reason]}){' '}
              <span className="minor">
                <Ago at={at} />
                {remoteSessionId && (
                  <>
                    {', '}
                    <Link to={`/sessions/${remoteSessionId}`}>{t.information.forSession}</Link>
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
