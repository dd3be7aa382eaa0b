import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Dialog } from './dialog';

/** A button that opens a dialog. */
export function DialogButton({
  button,
  label,
  title,
  children,
}: {
  button: string;
  /** Accessible name of the button, because there are several of its kind. */
  label: string;
  title: string;
  /** The content of the dialog; gets the function that closes it. */
  children: (close: () => void) => ReactNode;
}) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" variant="default" aria-label={label} onClick={open}>
        {button}
      </Button>
      <Dialog opened={opened} onClose={close} title={title}>
        {children(close)}
      </Dialog>
    </>
  );
}
