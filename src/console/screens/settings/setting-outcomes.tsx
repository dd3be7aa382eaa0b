import type { Job } from '../../../protocol/maintenance';
import { isMissed, type SettingRow } from '../../../protocol/device-settings';
import { useText } from '../../messages/language';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { settingName, settingValue } from './setting-texts';

/** What a job has read, or what became of each value that it was to set. */
export function SettingOutcomes({ job: { settings, settingRows } }: { job: Job }) {
  const t = useText();
  const wanted = settings ?? undefined;
  return (
    <Table
      label={t.settings.title}
      rows={settingRows}
      keyOf={({ name }) => name}
      columns={[
        { title: t.settings.setting, cell: ({ name }) => settingName(name, t) },
        ...(wanted
          ? [{ title: t.settings.wanted, cell: ({ name }: SettingRow) => settingValue(wanted[name] ?? '', t) }]
          : []),
        { title: t.settings.value, cell: ({ value }) => (value === null ? '–' : settingValue(value, t)) },
        { title: t.settings.source, cell: ({ source }) => (source ? t.information.sources[source] : '–') },
        {
          title: t.settings.outcome,
          cell: ({ outcome, detail }) => (
            <>
              <Status tone={wanted && isMissed(outcome) ? 'bad' : outcome === 'unsupported' ? 'off' : 'on'}>
                {t.settings.outcomes[outcome]}
              </Status>
              {detail && <div className="minor">{t.detail(detail)}</div>}
            </>
          ),
        },
      ]}
    />
  );
}
