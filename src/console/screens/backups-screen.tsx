import { Button, Progress, Stack, Text } from '@mantine/core';
import type { Backups } from '../../protocol/backup';
import { useBackups, useStartBackup } from '../api/backups';
import { useFormats, useText } from '../messages/language';
import { CopyLine } from '../parts/copy-line';
import { Facts } from '../parts/facts';
import { WarningIcon } from '../parts/icons';
import { Empty, Loaded } from '../parts/loaded';
import { ProblemNotice } from '../parts/notice';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { Ago } from '../parts/time';

export function BackupsScreen() {
  const t = useText();
  const query = useBackups();
  const start = useStartBackup();
  const { schedule = null, running = null } = query.data ?? {};
  const button = (
    <Button size="xs" disabled={running !== null} loading={start.isPending} onClick={() => start.mutate()}>
      {t.backups.start}
    </Button>
  );
  return (
    <Page title={t.backups.title} lead={t.backups.lead} actions={schedule && button}>
      {start.error && <ProblemNotice error={start.error} />}
      <Loaded query={query}>{(data) => <Content {...data} />}</Loaded>
    </Page>
  );
}

function Content({ schedule, rows, running, failure, overdue }: Backups) {
  const t = useText();
  const formats = useFormats();
  if (!schedule)
    return (
      <Panel>
        <Empty title={t.backups.offTitle} hint={t.backups.offHint}>
          <CopyLine label={t.backups.setting} text="PLATEN_BACKUP_FOLDER=/backup/platen" />
        </Empty>
      </Panel>
    );
  const { folder, hours, kept, encrypted } = schedule;
  const newest = rows[0];
  return (
    <>
      {running && <Running {...running} />}
      {!running && failure && (
        <Warning title={t.backups.failed} text={t.detail(failure.detail)}>
          <Ago at={failure.at} />
        </Warning>
      )}
      {!running && !failure && overdue && <Warning title={t.backups.overdue} text={t.backups.overdueHint} />}
      <Panel>
        <div className="panel-body">
          <Facts
            of={[
              [t.backups.interval, t.backups.everyHours(hours)],
              [t.backups.kept, t.backups.newest(kept)],
              [t.backups.folder, <code key="folder">{folder}</code>],
              [t.backups.encryption, encrypted ? t.backups.encrypted : t.backups.notEncrypted],
            ]}
          />
        </div>
        {rows.length === 0 ? (
          <Empty title={t.backups.emptyTitle} hint={t.backups.emptyHint} />
        ) : (
          <Table
            label={t.backups.title}
            rows={rows}
            keyOf={({ name }) => name}
            columns={[
              { title: t.backups.at, cell: ({ at }) => <span className="unbroken">{formats.moment(at)}</span> },
              { title: t.backups.name, cell: ({ name }) => <code>{name}</code> },
              { title: t.backups.size, numeric: true, cell: ({ bytes }) => formats.bytes(bytes) },
              {
                title: t.backups.encryption,
                cell: (backup) => (backup.encrypted ? t.backups.encrypted : t.backups.notEncrypted),
              },
            ]}
          />
        )}
      </Panel>
      {newest && (
        <Panel title={t.backups.restore}>
          <Stack className="panel-body" gap="sm">
            <Text size="sm">{t.backups.restoreHint}</Text>
            <CopyLine
              label={t.backups.restore}
              text={`platen restore ${folder}/${newest.name}${newest.encrypted ? ' --passphrase-file FILE' : ''}`}
            />
            <Text size="sm" c="dimmed">
              {t.backups.restoreLoss}
            </Text>
          </Stack>
        </Panel>
      )}
    </>
  );
}

function Running({ bytes, expectedBytes }: NonNullable<Backups['running']>) {
  const t = useText();
  const formats = useFormats();
  // of about the size of the one before it; not more than almost all before it is there
  const part = expectedBytes ? Math.min(0.99, bytes / expectedBytes) : undefined;
  return (
    <Panel title={t.backups.running}>
      <Stack className="panel-body" gap="xs" role="status">
        <Progress value={(part ?? 1) * 100} animated aria-label={t.backups.running} />
        <Text size="sm" c="dimmed">
          {t.backups.written(formats.bytes(bytes), expectedBytes ? formats.bytes(expectedBytes) : undefined)}
        </Text>
      </Stack>
    </Panel>
  );
}

function Warning({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  return (
    <div className="notice" role="alert">
      <WarningIcon />
      <div>
        <Text fw={600} size="sm">
          {title}
        </Text>
        <Text size="sm">{text}</Text>
        {children && (
          <Text size="sm" c="dimmed">
            {children}
          </Text>
        )}
      </div>
    </div>
  );
}
