import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useText } from '../messages/language';
import { CheckIcon, CopyIcon } from './icons';

/** A line to copy, with a button that copies it. */
export function CopyLine({ label, text }: { label: string; text: string }) {
  const t = useText();
  const clipboard = useClipboard({ timeout: 2_000 });
  return (
    <div className="copy-line">
      <code tabIndex={0} aria-label={label} role="textbox" aria-readonly="true">
        {text}
      </code>
      <Button
        size="xs"
        variant="default"
        leftSection={clipboard.copied ? <CheckIcon size={15} /> : <CopyIcon size={15} />}
        onClick={() => clipboard.copy(text)}
        aria-live="polite"
      >
        {clipboard.copied ? t.actions.copied : t.actions.copy}
      </Button>
    </div>
  );
}
