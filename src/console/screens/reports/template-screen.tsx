import { Autocomplete, Button, Group, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import {
  newReportTemplate,
  OF_A_METER,
  REPORT_FIELDS,
  type NewReportTemplate,
  type ReportColumn,
  type ReportField,
} from '../../../protocol/meter-report';
import { LIMITS } from '../../../protocol/limits';
import { useReportPreview, useReportTemplates, useSaveTemplate } from '../../api/reports';
import { useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { lastMonth, queryFor } from './report-month';

/** What a new template begins with. */
const FIRST: NewReportTemplate = {
  name: '',
  line: 'meter',
  separator: ',',
  headings: true,
  columns: (['serial', 'name', 'meter', 'last', 'volume'] as const).map((field) => ({
    ...{ heading: REPORT_FIELDS[field], field },
  })),
};
const FIELDS = Object.keys(REPORT_FIELDS) as ReportField[];
/** Those that most devices have; others can be typed. */
const COUNTERS = [
  ...['impressions', 'impressions-monochrome', 'impressions-full-color', 'prints', 'copies', 'faxes', 'scans'],
  'media-sheets',
];
const SEPARATORS = [',', ';', '\t'] as const;
const PREVIEW_DELAY_MS = 400;

/** Edits one template, with the first lines of a file beside it. */
export function TemplateScreen() {
  const t = useText();
  const { id } = useParams();
  const templates = useReportTemplates();
  return (
    <Page title={t.reports.templates.edit} lead={t.reports.templates.lead}>
      {id === undefined ? (
        <Editor id={null} template={FIRST} />
      ) : (
        <Loaded query={templates}>
          {(all) => {
            const found = all.find((each) => each.id === id);
            if (!found) return <Empty title={t.reports.templates.unknown} />;
            const { id: _, ...template } = found;
            return <Editor key={id} id={id} template={template} />;
          }}
        </Loaded>
      )}
    </Page>
  );
}

function Editor({ id, template }: { id: string | null; template: NewReportTemplate }) {
  const t = useText();
  const navigate = useNavigate();
  const save = useSaveTemplate(id);
  const [draft, setDraft] = useState(template);
  const { name, line, separator, headings, columns } = draft;
  const set = (change: Partial<NewReportTemplate>): void => setDraft({ ...draft, ...change });
  const setColumn = (at: number, column: ReportColumn | undefined): void =>
    set({ columns: columns.flatMap((each, index) => (index === at ? (column ?? []) : each)) });
  const move = (from: number, to: number): void => {
    const moved = columns.filter((_, index) => index !== from);
    moved.splice(to, 0, columns[from]!);
    set({ columns: moved });
  };
  const { lines, separators } = t.reports.templates;
  return (
    <>
      <Panel>
        <form
          className="panel-body"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate(draft, { onSuccess: () => void navigate('/reports') });
          }}
        >
          <Stack gap="md">
            <Group gap="md" align="flex-end">
              <TextInput
                label={t.reports.templates.name}
                value={name}
                onChange={({ currentTarget }) => set({ name: currentTarget.value })}
                maxLength={100}
                required
              />
              <Select
                label={t.reports.templates.line}
                data={(['meter', 'device'] as const).map((value) => ({ value, label: lines[value] }))}
                value={line}
                onChange={(value) => value && set({ line: value })}
                allowDeselect={false}
              />
              <Select
                label={t.reports.templates.separator}
                data={SEPARATORS.map((value) => ({ value, label: separators[value] }))}
                value={separator}
                onChange={(value) => value && set({ separator: value })}
                allowDeselect={false}
              />
              <Switch
                label={t.reports.templates.headings}
                checked={headings}
                onChange={({ currentTarget }) => set({ headings: currentTarget.checked })}
              />
            </Group>
            <ol className="template-columns" aria-label={t.reports.templates.columns}>
              {columns.map((column, index) => (
                <ColumnFields
                  key={index}
                  number={index + 1}
                  column={column}
                  line={line}
                  onChange={(changed) => setColumn(index, changed)}
                  onMove={index > 0 ? () => move(index, index - 1) : undefined}
                  onRemove={columns.length > 1 ? () => setColumn(index, undefined) : undefined}
                />
              ))}
            </ol>
            <Group gap="sm">
              {columns.length < LIMITS.REPORT_COLUMNS && (
                <Button
                  variant="default"
                  leftSection={<PlusIcon size={15} />}
                  onClick={() => set({ columns: [...columns, { heading: '', field: 'empty' }] })}
                >
                  {t.reports.templates.addColumn}
                </Button>
              )}
              <Button type="submit" loading={save.isPending}>
                {t.actions.save}
              </Button>
              <Button component={Link} to="/reports" variant="default">
                {t.actions.cancel}
              </Button>
            </Group>
            {save.error && <ProblemNotice error={save.error} />}
          </Stack>
        </form>
      </Panel>
      <Preview of={draft} />
    </>
  );
}

function ColumnFields({
  number,
  column: { heading, field, counter },
  line,
  onChange,
  onMove,
  onRemove,
}: {
  number: number;
  column: ReportColumn;
  line: NewReportTemplate['line'];
  onChange: (column: ReportColumn) => void;
  onMove: (() => void) | undefined;
  onRemove: (() => void) | undefined;
}) {
  const t = useText();
  const { templates } = t.reports;
  const label = (text: string): string => `${templates.column(String(number))}: ${text}`;
  const isOfMeter = line === 'device' && OF_A_METER.includes(field);
  const column = { heading, field, ...(counter !== undefined && { counter }) };
  return (
    <li>
      <Group gap="sm" align="flex-end">
        <TextInput
          label={templates.heading}
          aria-label={label(templates.heading)}
          value={heading}
          onChange={({ currentTarget }) => onChange({ ...column, heading: currentTarget.value })}
          maxLength={100}
        />
        <Select
          label={templates.field}
          aria-label={label(templates.field)}
          data={FIELDS.map((value) => ({ value, label: templates.fields[value] }))}
          value={field}
          onChange={(value) => value && onChange({ heading: heading || REPORT_FIELDS[value], field: value })}
          allowDeselect={false}
          searchable
        />
        {isOfMeter && (
          <Autocomplete
            label={templates.counter}
            aria-label={label(templates.counter)}
            data={COUNTERS}
            value={counter ?? ''}
            onChange={(value) => onChange({ heading, field, ...(value && { counter: value }) })}
            required
          />
        )}
        <Group gap="xs">
          {onMove && (
            <Button size="xs" variant="default" aria-label={templates.earlierOf(String(number))} onClick={onMove}>
              {templates.earlier}
            </Button>
          )}
          {onRemove && (
            <Button size="xs" variant="default" aria-label={templates.removeColumn(String(number))} onClick={onRemove}>
              {t.reports.remove}
            </Button>
          )}
        </Group>
      </Group>
    </li>
  );
}

/** The first lines of a file of last month. */
function Preview({ of }: { of: NewReportTemplate }) {
  const t = useText();
  const [draft] = useDebouncedValue(of, PREVIEW_DELAY_MS);
  // a name is no part of the file
  const complete = newReportTemplate.safeParse({ ...draft, name: draft.name || '-' }).data;
  const preview = useReportPreview(complete, queryFor(lastMonth(), null));
  const { templates } = t.reports;
  return (
    <Panel title={templates.preview}>
      {complete === undefined ? (
        <Empty title={templates.incomplete} hint={templates.incompleteHint} />
      ) : (
        <Loaded query={preview}>
          {({ lines }) =>
            lines.length === 0 ? (
              <Empty title={t.reports.emptyTitle} hint={templates.noLines} />
            ) : (
              <div className="template-preview" tabIndex={0} role="region" aria-label={templates.preview}>
                <table>
                  {complete.headings && (
                    <thead>
                      <tr>
                        {complete.columns.map(({ heading }, index) => (
                          <th key={index} scope="col">
                            {heading}
                          </th>
                        ))}
                      </tr>
                    </thead>
                  )}
                  <tbody>
                    {lines.map((cells, index) => (
                      <tr key={index}>
                        {cells.map((cell, at) => (
                          <td key={at} className={typeof cell === 'number' ? 'numeric' : undefined}>
                            {cell}
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Loaded>
      )}
    </Panel>
  );
}
