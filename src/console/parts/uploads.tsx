import { Progress, Text } from '@mantine/core';
import { useFormats } from '../messages/language';

/** How much of a file has been sent, and then that the server is checking it. */
export function UploadProgress({
  label,
  part,
  sent,
  checking,
}: {
  label: string;
  /** 0 to 1 */
  part: number;
  sent: (percent: string) => string;
  checking: string;
}) {
  const formats = useFormats();
  return (
    <div className="upload">
      <Progress value={part * 100} aria-label={label} />
      <Text size="xs" c="dimmed" role="status">
        {part < 1 ? sent(formats.percent(part)) : checking}
      </Text>
    </div>
  );
}

/** The start of a checksum, with the whole of it in a tooltip. */
export const Sha256 = ({ of }: { of: string }) => (
  <div className="minor" title={of}>
    SHA-256 {of.slice(0, 16)}…
  </div>
);
