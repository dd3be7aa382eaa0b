import { Button, FileInput, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useUploadFirmware } from '../../api/firmware';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Dialog, DialogForm } from '../../parts/dialog';
import { Facts } from '../../parts/facts';
import { PlusIcon } from '../../parts/icons';
import { UploadProgress } from '../../parts/uploads';

/** Uploads signed firmware to the server. For administrators. */
export function FirmwareUpload() {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={open}>
        {t.firmware.upload}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.firmware.upload}>
        <UploadForm onDone={close} />
      </Dialog>
    </>
  );
}

function UploadForm({ onDone }: { onDone: () => void }) {
  const t = useText();
  const upload = useUploadFirmware();
  const [file, setFile] = useState<File | null>(null);
  const [missing, setMissing] = useState(false);
  const submit = (): void => {
    setMissing(!file);
    if (file) upload.mutate(file);
  };
  if (upload.data)
    return (
      <Stack gap="sm">
        <Text size="sm" role="status">
          {t.firmware.stored(upload.data.name)}
        </Text>
        <Facts
          of={[
            [t.firmware.version, upload.data.version],
            [t.firmware.model, upload.data.model || t.firmware.anyModel],
          ]}
        />
        <CopyLine label={t.firmware.sha256} text={upload.data.sha256} />
        <Group justify="flex-end">
          <Button onClick={onDone}>{t.actions.close}</Button>
        </Group>
      </Stack>
    );
  return (
    <DialogForm
      submit={t.firmware.submit}
      onSubmit={submit}
      onCancel={onDone}
      isPending={upload.isPending}
      error={upload.error}
      validates
    >
      <FileInput
        label={t.firmware.chosen}
        description={t.firmware.hint}
        placeholder={t.firmware.choose}
        value={file}
        onChange={setFile}
        error={missing && t.firmware.missing}
        required
        data-autofocus
      />
      {upload.isPending && (
        <UploadProgress
          label={t.firmware.upload}
          part={upload.part}
          sent={t.firmware.uploading}
          checking={t.firmware.checking}
        />
      )}
    </DialogForm>
  );
}
