import { Button, FileButton, Progress, Stack, Text } from '@mantine/core';
import type { Release } from '../../protocol/deployment';
import { useUploadRelease } from '../api/releases';
import { useFormats, useText } from '../messages/language';
import { PlusIcon } from '../parts/icons';
import { ProblemNotice } from '../parts/notice';

/** Sends a release file to the server, which checks and keeps it. */
export function ReleaseUpload({ onStored }: { onStored?: (release: Release) => void }) {
  const t = useText();
  const formats = useFormats();
  const upload = useUploadRelease();
  const send = (file: File | null): void => {
    if (file) upload.mutate(file, { onSuccess: (stored) => onStored?.(stored) });
  };
  return (
    <Stack gap="xs" align="flex-start">
      <FileButton onChange={send} inputProps={{ 'aria-label': t.deployment.upload, tabIndex: -1 }}>
        {(props) => (
          <Button
            {...props}
            size="xs"
            variant="default"
            leftSection={<PlusIcon size={15} />}
            loading={upload.isPending}
          >
            {t.deployment.upload}
          </Button>
        )}
      </FileButton>
      {upload.isPending && (
        <div className="upload">
          <Progress value={upload.part * 100} aria-label={t.deployment.upload} />
          <Text size="xs" c="dimmed" role="status">
            {upload.part < 1 ? t.deployment.uploading(formats.percent(upload.part)) : t.deployment.checking}
          </Text>
        </div>
      )}
      {upload.data && (
        <Text size="sm" role="status">
          {t.deployment.stored(upload.data.version)}
        </Text>
      )}
      {upload.error && <ProblemNotice error={upload.error} />}
    </Stack>
  );
}
