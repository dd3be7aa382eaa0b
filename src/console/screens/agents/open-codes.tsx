import { useOpenEnrolments, useRevokeEnrolment, type OpenEnrolment } from '../../api/agents';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Panel } from '../../parts/panel';
import { SiteName } from '../../parts/site-name';
import { Table } from '../../parts/table';

/** Enrolment codes that have not been used; none, no panel. */
export function OpenCodes() {
  const t = useText();
  const formats = useFormats();
  const codes = useOpenEnrolments().data ?? [];
  if (codes.length === 0) return null;
  return (
    <Panel title={t.agents.openCodes}>
      <Table
        label={t.agents.openCodes}
        rows={codes}
        keyOf={({ id }) => id}
        columns={[
          { title: t.agents.id, cell: ({ agentId }) => <strong>{agentId}</strong> },
          { title: t.agents.site, cell: ({ site }) => <SiteName site={site} /> },
          { title: t.agents.deviceIds, cell: ({ deviceIds }) => deviceIds?.join(', ') ?? t.agents.kept },
          { title: t.agents.validUntil, cell: ({ expiresAt }) => formats.moment(expiresAt) },
          { title: t.agents.revoke, untitled: true, cell: (code) => <Revoke code={code} /> },
        ]}
      />
    </Panel>
  );
}

function Revoke({ code: { id, agentId } }: { code: OpenEnrolment }) {
  const t = useText();
  const revoke = useRevokeEnrolment();
  return (
    <Confirm
      look="subtle"
      button={t.agents.revoke}
      title={t.agents.revokeTitle(agentId)}
      hint={t.agents.revokeHint}
      action={{ ...revoke, run: (done) => revoke.mutate(id, { onSuccess: done }) }}
    />
  );
}
