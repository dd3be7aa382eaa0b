import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import {
  REPORT_FORMATS,
  type MeterReport,
  type MeterValue,
  type ReportedDevice,
  type ReportedMeter,
  type ReportQuery,
} from '../../../protocol/meter-report';
import { useCustomers } from '../../api/customers';
import { reportFile, useMeterReport, useReportTemplates } from '../../api/reports';
import { useFormats, useText } from '../../messages/language';
import { Empty, Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { useCurrent } from '../current-user';
import { counterName } from '../maintenance/job-texts';
import { TemplatesPanel } from './templates-panel';
import { AdjustDialog, type Adjusted } from './adjust-dialog';
import { lastMonth, queryFor } from './report-month';
import { ReportMailsPanel } from './report-mails-panel';

/** The table shows so many devices; the files have all of them. */
const DEVICES_SHOWN = 200;

/** What the devices of a customer have counted in a month: as a table, as files, and by mail. */
export function ReportsScreen() {
  const t = useText();
  const { isAdmin } = useCurrent();
  const customers = useCustomers();
  const templates = useReportTemplates();
  const [customerId, setCustomerId] = useState<string | null>(null);
  const [month, setMonth] = useState(lastMonth);
  const [templateId, setTemplateId] = useState<string | null>(null);
  const query = queryFor(month, customerId);
  return (
    <Page title={t.reports.title} lead={t.reports.lead}>
      <Panel>
        <div className="panel-body report-choice">
          <Select
            label={t.reports.customer}
            placeholder={t.reports.all}
            data={(customers.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={customerId}
            onChange={setCustomerId}
            clearable
            searchable
          />
          <TextInput
            type="month"
            label={t.reports.month}
            value={month}
            onChange={(event) => {
              if (/^\d{4}-\d\d$/.test(event.currentTarget.value)) setMonth(event.currentTarget.value);
            }}
          />
          {(templates.data ?? []).length > 0 && (
            <Select
              label={t.reports.template}
              placeholder={t.reports.usual}
              data={(templates.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
              value={templateId}
              onChange={setTemplateId}
              clearable
            />
          )}
          <Group gap="xs">
            {REPORT_FORMATS.map((format) => (
              <Button
                key={format}
                variant="default"
                component="a"
                href={reportFile(query, format, templateId ?? undefined)}
                download
              >
                {t.reports.download(format.toUpperCase())}
              </Button>
            ))}
          </Group>
        </div>
      </Panel>
      <Report query={query} />
      {isAdmin && <ReportMailsPanel customers={customers.data ?? []} templates={templates.data ?? []} />}
      {isAdmin && <TemplatesPanel />}
    </Page>
  );
}

function Report({ query }: { query: ReportQuery }) {
  const t = useText();
  const report = useMeterReport(query);
  return (
    <Panel>
      <Loaded query={report}>
        {(known) =>
          known.devices.length === 0 ? (
            <Empty title={t.reports.emptyTitle} hint={t.reports.emptyHint} />
          ) : (
            <Meters report={known} query={query} />
          )
        }
      </Loaded>
    </Panel>
  );
}

interface Line {
  readonly device: ReportedDevice;
  readonly meter: ReportedMeter;
}

function Meters({ report, query }: { report: MeterReport; query: ReportQuery }) {
  const t = useText();
  const formats = useFormats();
  const [adjusted, setAdjusted] = useState<Adjusted>();
  const shown = report.devices.slice(0, DEVICES_SHOWN);
  const lines = shown.flatMap((device) => device.meters.map((meter): Line => ({ device, meter })));
  const adjust = ({ device, meter }: Line): void => setAdjusted({ device, meter, from: query.from, to: query.to });
  return (
    <>
      <div className="panel-body">
        <Text size="sm" fw={600}>
          {t.reports.totals}
        </Text>
        <ul className="report-totals">
          {report.totals.map(({ counter, volume, unknown }) => {
            const text = formats.count(volume);
            const known = unknown > 0 ? t.reports.unknown(text, formats.count(unknown)) : text;
            return <li key={counter}>{t.reports.total(counterName(counter, t), known)}</li>;
          })}
        </ul>
      </div>
      <Table
        label={t.reports.title}
        rows={lines}
        keyOf={({ device, meter }) => `${device.meteredDeviceId} ${meter.counter}`}
        columns={[
          { title: t.reports.device, cell: ({ device }) => <DeviceOf device={device} /> },
          { title: t.reports.meter, cell: ({ meter }) => counterName(meter.counter, t) },
          { title: t.reports.first, numeric: true, cell: ({ meter }) => <Value of={meter.first} /> },
          { title: t.reports.last, numeric: true, cell: ({ meter }) => <Value of={meter.last} /> },
          { title: t.reports.volume, numeric: true, cell: (line) => <Volume of={line} /> },
          {
            title: t.reports.adjust,
            untitled: true,
            cell: (line) => (
              <Button
                size="xs"
                variant="default"
                aria-label={t.reports.adjustOf(line.device.name, counterName(line.meter.counter, t))}
                onClick={() => adjust(line)}
              >
                {t.reports.adjust}
              </Button>
            ),
          },
        ]}
      />
      {report.devices.length > shown.length && (
        <Text size="sm" c="dimmed" px="md" py="sm">
          {t.reports.rest(formats.count(report.devices.length - shown.length))}
        </Text>
      )}
      <AdjustDialog adjusted={adjusted} onClose={() => setAdjusted(undefined)} />
    </>
  );
}

const DeviceOf = ({ device: { deviceId, name, siteName, customerName, serialNumber } }: { device: ReportedDevice }) => (
  <>
    <Link className="strong" to={`/devices/${deviceId}`}>
      {name}
    </Link>
    <div className="minor">{[customerName, siteName, serialNumber].filter(Boolean).join(' · ')}</div>
  </>
);

function Value({ of }: { of: MeterValue | null }) {
  const t = useText();
  const formats = useFormats();
  if (!of) return '–';
  const { value, at, origin } = of;
  return (
    <>
      {formats.count(value)}
      <div className="minor">{[formats.date(at), t.reports.origins[origin]].filter(Boolean).join(', ')}</div>
    </>
  );
}

function Volume({ of: { device, meter } }: { of: Line }) {
  const t = useText();
  const formats = useFormats();
  const { volume, problem } = meter;
  if (volume !== null) return <strong>{formats.count(volume)}</strong>;
  if (!problem) return '–';
  return (
    <>
      –<div className="minor">{t.reports.problems[problem]}</div>
      {problem === 'jump' && <Link to={`/devices/${device.deviceId}`}>{t.reports.toDevice}</Link>}
    </>
  );
}
