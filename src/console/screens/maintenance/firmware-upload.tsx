import { Autocomplete, Button, FileInput, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useDevices } from '../../api/devices';
import { useUploadFirmware } from '../../api/firmware';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { fieldErrors } from '../../parts/field-errors';
import { PlusIcon } from '../../parts/icons';
import { ProblemNotice } from '../../parts/notice';
import { UploadProgress } from '../../parts/upload-progress';
import { versionInName } from './version-in-name';

/** Sends a firmware file to the server, which keeps it. For administrators. */
export function FirmwareUpload() {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={open}>
        {t.firmware.upload}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t.firmware.upload}
        closeButtonProps={{ 'aria-label': t.actions.close }}
      >
        <UploadForm onDone={close} />
      </Modal>
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
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="sm">
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
        {upload.error && <ProblemNotice error={upload.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            {t.actions.cancel}
          </Button>
          <Button type="submit" loading={upload.isPending}>
            {t.firmware.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
