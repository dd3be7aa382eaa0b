import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useSettingsTemplates } from '../../api/settings-templates';
import { useFormats, useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { useCurrent } from '../current-user';
import { settingName } from '../settings/setting-texts';

/** The settings templates that the user sees. */
export function SettingsTemplatesScreen() {
  const t = useText();
  const formats = useFormats();
  const { isAdmin } = useCurrent();
  const add = (
    <Button size="xs" component={Link} to="/settings-templates/new" leftSection={<PlusIcon size={15} />}>
      {t.templates.new}
    </Button>
  );
  return (
    <Page title={t.templates.title} lead={t.templates.lead} actions={isAdmin && add}>
      <Panel>
        <Loaded query={useSettingsTemplates()}>
          {(templates) =>
            templates.length === 0 ? (
              <Empty title={t.templates.empty} hint={isAdmin ? t.templates.emptyAdminHint : t.templates.emptyHint} />
            ) : (
              <Table
                label={t.templates.title}
                rows={templates}
                keyOf={({ id }) => id}
                columns={[
                  {
                    title: t.templates.name,
                    cell: ({ id, name }) => (
                      <Link className="strong" to={`/settings-templates/${id}`}>
                        {name}
                      </Link>
                    ),
                  },
                  {
                    title: t.templates.settings,
                    cell: ({ settings }) =>
                      Object.keys(settings)
                        .map((each) => settingName(each, t))
                        .join(', '),
                  },
                  {
                    title: t.templates.devices,
                    numeric: true,
                    cell: ({ deviceCount }) => formats.count(deviceCount),
                  },
                  {
                    title: t.templates.changed,
                    cell: ({ changedAt, changedBy }) => (
                      <>
                        <Ago at={changedAt} />
                        <div className="minor">{t.templates.changedBy(changedBy)}</div>
                      </>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
