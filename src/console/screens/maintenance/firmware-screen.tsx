import type { Firmware } from '../../../protocol/maintenance';
import { useFirmware, useRemoveFirmware } from '../../api/firmware';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Empty, Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Sha256 } from '../../parts/uploads';
import { Table, type Column } from '../../parts/table';
import { useCurrent } from '../current-user';
import { FirmwareUpload } from './firmware-upload';

/** The firmware files that can be installed; administrators add and remove them. */
export function FirmwareScreen() {
  const t = useText();
  const { isAdmin } = useCurrent();
  const firmware = useFirmware();
  return (
    <Page title={t.firmware.title} lead={t.firmware.lead} actions={isAdmin && <FirmwareUpload />}>
      <Panel>
        <Loaded query={firmware}>
          {(files) =>
            files.length > 0 ? (
              <FirmwareTable files={files} />
            ) : (
              <Empty
                title={t.firmware.emptyTitle}
                hint={isAdmin ? t.firmware.emptyAdmin : t.firmware.emptyTechnician}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

function FirmwareTable({ files }: { files: Firmware[] }) {
  const t = useText();
  const formats = useFormats();
  const { isAdmin } = useCurrent();
  const remove: Column<Firmware> = {
    title: t.firmware.remove,
    untitled: true,
    cell: (file) => <Remove file={file} />,
  };
  return (
    <Table
      label={t.firmware.title}
      rows={files}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.firmware.name,
          cell: ({ name, sha256, signedAt }) => (
            <>
              <strong>{name}</strong>
              <Sha256 of={sha256} />
              {signedAt === null && <div className="minor">{t.firmware.unsigned}</div>}
            </>
          ),
        },
        { title: t.firmware.version, cell: ({ version }) => version },
        { title: t.firmware.model, cell: ({ model }) => model || t.firmware.anyModel },
        { title: t.firmware.size, numeric: true, cell: ({ bytes }) => formats.bytes(bytes) },
        {
          title: t.firmware.uploaded,
          cell: ({ uploadedAt, uploadedBy }) => (
            <>
              {formats.moment(uploadedAt)}
              <div className="minor">{uploadedBy}</div>
            </>
          ),
        },
        ...(isAdmin ? [remove] : []),
      ]}
    />
  );
}

function Remove({ file: { id, name } }: { file: Firmware }) {
  const t = useText();
  const remove = useRemoveFirmware();
  return (
    <Confirm
      look="subtle"
      button={t.firmware.remove}
      label={`${t.firmware.remove}: ${name}`}
      title={t.firmware.removeTitle(name)}
      hint={t.firmware.removeHint}
      action={{ ...remove, run: (done) => remove.mutate(id, { onSuccess: done }) }}
    />
  );
}
