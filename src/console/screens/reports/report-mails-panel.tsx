import { Button, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Customer } from '../../../protocol/api';
import { REPORT_FORMATS, type ReportFormat, type ReportTemplate } from '../../../protocol/meter-report';
import { useAddReportMail, useRemoveReportMail, useReportMails } from '../../api/reports';
import { useFormats, useLanguage, useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';

/** The reports that are mailed each month; for administrators. */
export function ReportMailsPanel({
  customers,
  templates,
}: {
  customers: readonly Customer[];
  templates: readonly ReportTemplate[];
}) {
  const t = useText();
  const formats = useFormats();
  const mails = useReportMails();
  const remove = useRemoveReportMail();
  const [adding, setAdding] = useState(false);
  const nameOf = (id: string): string => customers.find((each) => each.id === id)?.name ?? '';
  const add = (
    <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setAdding(true)}>
      {t.reports.addMail}
    </Button>
  );
  return (
    <Panel title={t.reports.mails} aside={add}>
      {remove.error && <ProblemNotice error={remove.error} />}
      <Loaded query={mails}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t.reports.noMails} hint={t.reports.noMailsHint} />
          ) : (
            <Table
              label={t.reports.mails}
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                { title: t.reports.customer, cell: ({ customerId }) => nameOf(customerId) },
                { title: t.reports.to, cell: ({ to }) => to },
                { title: t.reports.format, cell: ({ format }) => format.toUpperCase() },
                { title: t.reports.nextAt, cell: ({ nextAt }) => formats.moment(nextAt) },
                {
                  title: t.reports.sentAt,
                  cell: ({ sentAt, problem }) => (
                    <>
                      {sentAt ? formats.moment(sentAt) : t.reports.never}
                      {problem && <div className="minor">{problem}</div>}
                    </>
                  ),
                },
                {
                  title: t.reports.remove,
                  untitled: true,
                  cell: ({ id }) => (
                    <Button size="xs" variant="default" loading={remove.isPending} onClick={() => remove.mutate(id)}>
                      {t.reports.remove}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <Dialog opened={adding} onClose={() => setAdding(false)} title={t.reports.addMail}>
        {adding && <AddMail {...{ customers, templates }} onClose={() => setAdding(false)} />}
      </Dialog>
    </Panel>
  );
}

function AddMail({
  customers,
  templates,
  onClose,
}: {
  customers: readonly Customer[];
  templates: readonly ReportTemplate[];
  onClose: () => void;
}) {
  const t = useText();
  const { language } = useLanguage();
  const add = useAddReportMail();
  const [customerId, setCustomerId] = useState<string | null>(customers[0]?.id ?? null);
  const [format, setFormat] = useState<ReportFormat>('xlsx');
  const [templateId, setTemplateId] = useState<string | null>(null);
  const errors = fieldErrors(add.error, t);
  return (
    <DialogForm
      submit={t.actions.save}
      onCancel={onClose}
      isPending={add.isPending}
      error={add.error}
      onSubmit={(form) => {
        const text = textsOf(form);
        if (!customerId) return;
        const mail = { customerId, to: text('to'), day: Number(text('day')), format, templateId, language };
        add.mutate(mail, { onSuccess: onClose });
      }}
    >
      <Text size="sm" c="dimmed">
        {t.reports.mailsHint}
      </Text>
      <Select
        label={t.reports.customer}
        data={customers.map(({ id, name }) => ({ value: id, label: name }))}
        value={customerId}
        onChange={setCustomerId}
        allowDeselect={false}
        required
      />
      <TextInput name="to" type="email" label={t.reports.to} error={errors.to} required maxLength={254} />
      <TextInput name="day" type="number" min={1} max={28} label={t.reports.day} defaultValue={3} required />
      <Select
        label={t.reports.format}
        data={REPORT_FORMATS.map((value) => ({ value, label: value.toUpperCase() }))}
        value={format}
        onChange={(value) => value && setFormat(value)}
        allowDeselect={false}
      />
      {templates.length > 0 && (
        <Select
          label={t.reports.template}
          placeholder={t.reports.usual}
          data={templates.map(({ id, name }) => ({ value: id, label: name }))}
          value={templateId}
          onChange={setTemplateId}
          clearable
        />
      )}
    </DialogForm>
  );
}
