import { Button, FileButton, Stack, Text } from '@mantine/core';
import type { FileUpload } from '../../api/upload';
import { useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';
import { ProblemNotice } from '../../parts/notice';
import { UploadProgress } from '../../parts/uploads';

/** Uploads a release file of the relay or the agent to the server, which verifies and stores it. */
export function ReleaseUpload<Release extends { readonly version: string }>({
  upload,
  onStored,
}: {
  upload: FileUpload<Release>;
  onStored?: (release: Release) => void;
}) {
  const t = useText();
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
