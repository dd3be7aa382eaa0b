import { Tooltip } from '@mantine/core';
import { useFormats } from '../messages/language';
import { useNow } from './use-now';

/** How long ago something was, kept up to date; the exact moment when pointed at. */
export function Ago({ at }: { at: string }) {
  const formats = useFormats();
  const now = useNow(15_000);
  return (
    <Tooltip label={formats.moment(at)}>
      <time dateTime={at}>{formats.ago(at, now)}</time>
    </Tooltip>
  );
}
