import { Button, FileButton, Stack, Text } from '@mantine/core';
import type { Release } from '../../protocol/deployment';
import { useUploadRelease } from '../api/releases';
import { useText } from '../messages/language';
import { PlusIcon } from '../parts/icons';
import { ProblemNotice } from '../parts/notice';
import { UploadProgress } from '../parts/uploads';

/** Uploads a release file to the server, which verifies and stores it. */
export function ReleaseUpload({ onStored }: { onStored?: (release: Release) => void }) {
  const t = useText();
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
        <UploadProgress
          label={t.deployment.upload}
          part={upload.part}
          sent={t.deployment.uploading}
          checking={t.deployment.checking}
        />
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
