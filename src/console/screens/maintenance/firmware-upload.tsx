import { Autocomplete, Button, FileInput, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useDevices } from '../../api/devices';
import { useUploadFirmware, versionInName } from '../../api/firmware';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors } from '../../parts/form';
import { PlusIcon } from '../../parts/icons';
import { UploadProgress } from '../../parts/uploads';

/** Uploads a firmware file to the server. For administrators. */
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
  const models = [...new Set(useDevices().data?.map(({ model }) => model))].filter(Boolean).sort();
  const [file, setFile] = useState<File | null>(null);
  const [version, setVersion] = useState('');
  const [model, setModel] = useState('');
  const [sha256, setSha256] = useState('');
  const [missing, setMissing] = useState(false);
  const errors = fieldErrors(upload.error, t);
  const choose = (chosen: File | null): void => {
    setFile(chosen);
    if (chosen && version === '') setVersion(versionInName(chosen.name));
  };
  const submit = (): void => {
    setMissing(!file || version.trim() === '');
    if (!file || version.trim() === '') return;
    const expected = sha256.trim().toLowerCase();
    upload.mutate({
      file,
      about: { name: file.name, version: version.trim(), model, ...(expected && { sha256: expected }) },
    });
  };
  if (upload.data)
    return (
      <Stack gap="sm">
        <Text size="sm" role="status">
          {t.firmware.stored(upload.data.name)}
        </Text>
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
        placeholder={t.firmware.choose}
        value={file}
        onChange={choose}
        error={errors.name}
        required
        data-autofocus
      />
      <TextInput
        label={t.firmware.version}
        description={t.firmware.versionHint}
        value={version}
        onChange={(event) => setVersion(event.currentTarget.value)}
        error={errors.version}
        required
      />
      <Autocomplete
        label={t.firmware.model}
        description={t.firmware.modelHint}
        data={models}
        value={model}
        onChange={setModel}
        error={errors.model}
      />
      <TextInput
        label={t.firmware.sha256}
        description={t.firmware.sha256Hint}
        value={sha256}
        onChange={(event) => setSha256(event.currentTarget.value)}
        error={errors.sha256}
      />
      {missing && (
        <Text size="sm" c="red" role="alert">
          {t.firmware.missing}
        </Text>
      )}
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
