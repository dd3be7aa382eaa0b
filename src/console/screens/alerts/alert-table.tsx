import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { Alert } from '../../../protocol/alert';
import { useAcknowledgeAlert } from '../../api/alerts';
import { useFormats, useText } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';
import { SiteName } from '../../parts/site-name';
import { Table, type Column } from '../../parts/table';
import { Ago } from '../../parts/time';
import { AlertLine } from '../device-information/condition';
import { textOfAlert } from './alert-texts';

/** Alerts, most recent first. @param withoutDevice on the page of their device */
export function AlertTable({
  label,
  alerts,
  withoutDevice = false,
}: {
  label: string;
  alerts: readonly Alert[];
  withoutDevice?: boolean;
}) {
  const t = useText();
  const formats = useFormats();
  const place: Column<Alert>[] = [
    { title: t.alerts.about, cell: (alert) => <About alert={alert} /> },
    { title: t.alerts.customer, cell: ({ site }) => site && <SiteName site={site} /> },
  ];
  return (
    <Table
      label={label}
      rows={alerts}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.alerts.alert,
          cell: (alert) => <AlertLine severity={alert.severity} text={textOfAlert(alert, t, formats)} />,
        },
        ...(withoutDevice ? [] : place),
        { title: t.alerts.since, cell: ({ since }) => <Ago at={since} /> },
        { title: t.alerts.status, cell: (alert) => <AlertStatus alert={alert} /> },
      ]}
    />
  );
}

/** The device, the agent, the customer or the server that an alert is about. */
function About({ alert: { deviceId, deviceName, agentId, site } }: { alert: Alert }) {
  const t = useText();
  if (deviceId !== null)
    return (
      <Link to={`/devices/${encodeURIComponent(deviceId)}`} className="strong">
        {deviceName || deviceId}
      </Link>
    );
  return <strong>{agentId ?? site?.customerName ?? t.alerts.server}</strong>;
}

/** Who has acknowledged it and how it was resolved, or a button to acknowledge it. */
function AlertStatus({ alert }: { alert: Alert }) {
  const t = useText();
  const formats = useFormats();
  const acknowledge = useAcknowledgeAlert();
  const { id, acknowledged, resolved } = alert;
  return (
    <>
      {resolved && <div>{t.alerts.resolutions[resolved.resolution](formats.moment(resolved.at))}</div>}
      {acknowledged && (
        <div className="minor">{t.alerts.acknowledgedBy(acknowledged.by, formats.moment(acknowledged.at))}</div>
      )}
      {!acknowledged && !resolved && (
        <Button
          size="xs"
          variant="default"
          aria-label={t.alerts.acknowledgeTitle(
            textOfAlert(alert, t, formats),
            alert.deviceName || (alert.agentId ?? ''),
          )}
          loading={acknowledge.isPending}
          onClick={() => acknowledge.mutate(id)}
        >
          {t.alerts.acknowledge}
        </Button>
      )}
      {acknowledge.error && <ProblemNotice error={acknowledge.error} />}
    </>
  );
}
