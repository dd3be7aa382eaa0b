import type { Release } from '../../../protocol/deployment';
import { BUILT_IN } from '../../../protocol/deployment';
import { useReleases, useRemoveRelease, useUploadRelease } from '../../api/releases';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Loaded } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { Sha256 } from '../../parts/uploads';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { ReleaseUpload } from './release-upload';

/** Releases that can be deployed: the bundled one, and those that were added. */
export function ReleasesPanel() {
  const t = useText();
  const releases = useReleases();
  const upload = useUploadRelease();
  return (
    <Panel title={t.deployment.releases}>
      <Loaded query={releases}>{(rows) => <ReleaseTable releases={rows} />}</Loaded>
      <div className="panel-body">
        <ReleaseUpload upload={upload} />
      </div>
    </Panel>
  );
}

function ReleaseTable({ releases }: { releases: Release[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.deployment.releases}
      rows={releases}
      keyOf={({ name }) => name}
      columns={[
        {
          title: t.deployment.release,
          cell: ({ name, version, sha256 }) => (
            <>
              <strong>{version}</strong>
              {name === BUILT_IN && <div className="minor">{t.deployment.bundled}</div>}
              {sha256 && <Sha256 of={sha256} />}
            </>
          ),
        },
        {
          title: t.deployment.state,
          cell: ({ serving }) => serving && <Status tone="on">{t.deployment.runsNow}</Status>,
        },
        { title: t.deployment.notes, cell: ({ notes }) => notes },
        { title: t.deployment.releaseMade, cell: ({ createdAt }) => createdAt && formats.moment(createdAt) },
        { title: t.deployment.releaseStored, cell: ({ storedAt }) => storedAt && formats.moment(storedAt) },
        { title: t.deployment.size, numeric: true, cell: ({ bytes }) => bytes !== null && formats.bytes(bytes) },
        {
          title: t.deployment.remove,
          untitled: true,
          cell: ({ name, serving }) => name !== BUILT_IN && !serving && <Remove version={name} />,
        },
      ]}
    />
  );
}

function Remove({ version }: { version: string }) {
  const t = useText();
  const remove = useRemoveRelease();
  return (
    <Confirm
      look="subtle"
      button={t.deployment.remove}
      title={t.deployment.removeTitle(version)}
      hint={t.deployment.removeHint}
      action={{ ...remove, run: (done) => remove.mutate(version, { onSuccess: done }) }}
    />
  );
}
