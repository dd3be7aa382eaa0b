import { Button } from '@mantine/core';
import { auditExportPath, useAudit } from '../../api/audit';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { AuditTable } from './audit-table';
import { ClientFilter, useClientFilter } from '../client-filter';

const EXPORTS = [
  ['csv', 'CSV'],
  ['jsonl', 'JSON Lines'],
] as const;

export function AuditScreen() {
  const t = useText();
  const clientId = useClientFilter();
  const audit = useAudit(clientId);
  return (
    <Page
      title={t.audit.title}
      lead={t.audit.lead}
      actions={
        <>
          {EXPORTS.map(([format, name]) => (
            <Button key={format} component="a" href={auditExportPath(format)} download variant="default">
              {t.audit.export(name)}
            </Button>
          ))}
        </>
      }
    >
      <Panel>
        {clientId && (
          <div className="tools">
            <ClientFilter id={clientId} />
          </div>
        )}
        <Loaded query={audit}>
          {(pages) => {
            const events = rowsOf(pages);
            if (events.length === 0) return <Empty title={t.audit.emptyTitle} />;
            return <AuditTable label={t.audit.title} events={events} />;
          }}
        </Loaded>
        <More query={audit} history="audit" />
      </Panel>
    </Page>
  );
}
