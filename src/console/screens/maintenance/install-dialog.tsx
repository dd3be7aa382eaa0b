import { Button, Checkbox, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Device } from '../../../protocol/api';
import type { Firmware } from '../../../protocol/maintenance';
import { canInstall, useFirmware } from '../../api/firmware';
import { useInformation } from '../../api/information';
import { useRequestJob } from '../../api/jobs';
import { useFormats, useText } from '../../messages/language';
import { Empty, Loaded } from '../../parts/loaded';
import { DialogForm } from '../../parts/dialog';
import { DialogButton } from '../../parts/dialog-button';
import { Facts } from '../../parts/facts';
import { WaitSelect, type Wait } from './wait-select';

interface Install {
  readonly device: Device;
  readonly wait: Wait;
  readonly onWait: (wait: Wait) => void;
}

/** Chooses a firmware file for a device, and explains the installation before it is requested. */
export function InstallButton({ label, ...install }: Install & { label: string }) {
  const t = useText();
  const title = t.maintenance.install.title(install.device.name);
  return (
    <DialogButton button={t.maintenance.run} label={label} title={title}>
      {(close) => <Choice {...install} onDone={close} />}
    </DialogButton>
  );
}

function Choice(install: Install & { onDone: () => void }) {
  const t = useText();
  const { model } = install.device;
  return (
    <Loaded query={useFirmware()}>
      {(all) => {
        const fitting = all.filter((file) => canInstall(file, model));
        if (fitting.length > 0) return <InstallForm {...install} files={fitting} />;
        return (
          <Empty title={t.maintenance.install.none} hint={t.maintenance.install.noneHint(model)}>
            <Button component={Link} to="/firmware" variant="default">
              {t.maintenance.install.toFirmware}
            </Button>
          </Empty>
        );
      }}
    </Loaded>
  );
}

function InstallForm({ device, files, wait, onWait, onDone }: Install & { files: Firmware[]; onDone: () => void }) {
  const t = useText();
  const instruct = useRequestJob(device.id);
  const [firmwareId, setFirmware] = useState(files.length === 1 ? files[0]!.id : null);
  const [understood, setUnderstood] = useState(false);
  const [missing, setMissing] = useState(false);
  const submit = (): void => {
    setMissing(!firmwareId || !understood);
    if (!firmwareId || !understood) return;
    instruct.mutate({ operation: 'firmware-install', firmwareId, waitMinutes: wait }, { onSuccess: onDone });
  };
  return (
    <DialogForm
      submit={t.maintenance.install.submit}
      onSubmit={submit}
      onCancel={onDone}
      isPending={instruct.isPending}
      error={instruct.error}
      isDanger
      validates
    >
      <Select
        label={t.maintenance.install.choose}
        data={files.map(({ id, name, version }) => ({ value: id, label: `${version} – ${name}` }))}
        value={firmwareId}
        onChange={setFirmware}
        allowDeselect={false}
        data-autofocus
      />
      <Versions deviceId={device.id} file={files.find(({ id }) => id === firmwareId)} />
      <div>
        <Text size="sm" fw={600}>
          {t.maintenance.install.what}
        </Text>
        <ol className="what-happens">
          {t.maintenance.install.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <Text size="sm">{t.maintenance.install.warning}</Text>
      </div>
      <WaitSelect value={wait} onChange={onWait} />
      <Checkbox
        label={t.maintenance.install.understood}
        checked={understood}
        onChange={(event) => setUnderstood(event.currentTarget.checked)}
      />
      {missing && (
        <Text size="sm" c="red" role="alert">
          {t.maintenance.install.missing}
        </Text>
      )}
    </DialogForm>
  );
}

function Versions({ deviceId, file }: { deviceId: string; file: Firmware | undefined }) {
  const t = useText();
  const formats = useFormats();
  const now = useInformation(deviceId).data?.information?.firmwareVersion;
  return (
    <Facts
      of={[
        [t.maintenance.install.now, now || t.maintenance.install.unknown],
        [t.maintenance.install.after, file?.version],
        [t.firmware.size, file && formats.bytes(file.bytes)],
      ]}
    />
  );
}
