import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { ReportTemplate } from '../../../protocol/meter-report';
import { useRemoveTemplate, useReportTemplates } from '../../api/reports';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';

/** The columns of files as other systems import them; for administrators. */
export function TemplatesPanel() {
  const t = useText();
  const formats = useFormats();
  const templates = useReportTemplates();
  const add = (
    <Button component={Link} to="/reports/templates/new" size="xs" leftSection={<PlusIcon size={15} />}>
      {t.reports.templates.add}
    </Button>
  );
  return (
    <Panel title={t.reports.templates.title} aside={add}>
      <Loaded query={templates}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t.reports.templates.empty} hint={t.reports.templates.emptyHint} />
          ) : (
            <Table
              label={t.reports.templates.title}
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: t.reports.templates.name,
                  cell: ({ id, name }) => (
                    <Link className="strong" to={`/reports/templates/${id}`}>
                      {name}
                    </Link>
                  ),
                },
                { title: t.reports.templates.line, cell: ({ line }) => t.reports.templates.lines[line] },
                {
                  title: t.reports.templates.columns,
                  numeric: true,
                  cell: ({ columns }) => formats.count(columns.length),
                },
                { title: t.reports.remove, untitled: true, cell: (template) => <Remove template={template} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Remove({ template: { id, name } }: { template: ReportTemplate }) {
  const t = useText();
  const remove = useRemoveTemplate();
  const { mutate, isPending, error, reset } = remove;
  return (
    <Confirm
      look="default"
      button={t.reports.remove}
      label={t.reports.templates.removeOf(name)}
      title={t.reports.templates.removeTitle(name)}
      hint={t.reports.templates.removeHint}
      action={{ run: (done) => mutate(id, { onSuccess: done }), isPending, error, reset }}
    />
  );
}
