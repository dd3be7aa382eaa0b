import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Dialog, DialogForm } from './dialog';

/** A button for an action with consequences. A dialog explains the effect and requires confirmation. */
export function Confirm({
  button,
  confirm = button,
  title,
  hint,
  action,
  children,
  look = 'light',
  tone = 'danger',
  label,
}: {
  button: string;
  /** The button in the dialog that confirms. */
  confirm?: string;
  title: string;
  hint: string;
  /** The mutation behind it; `run` starts it. */
  action: { run: (done: () => void) => void; isPending: boolean; error: unknown; reset: () => void };
  /** Further fields of the dialog. */
  children?: ReactNode;
  /** Appearance of the button on the screen. */
  look?: 'light' | 'subtle' | 'default';
  /** `plain`: nothing is lost, and the user can take it back at once. */
  tone?: 'danger' | 'plain';
  /** Accessible name of the button where there are several of its kind. */
  label?: string;
}) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        size="xs"
        color={look === 'default' || tone === 'plain' ? undefined : 'red'}
        variant={look}
        aria-label={label}
        onClick={() => {
          action.reset();
          open();
        }}
      >
        {button}
      </Button>
      <Dialog opened={opened} onClose={close} title={title}>
        <DialogForm
          submit={confirm}
          onSubmit={() => action.run(close)}
          onCancel={close}
          isPending={action.isPending}
          error={action.error}
          isDanger={tone === 'danger'}
        >
          <Text size="sm">{hint}</Text>
          {children}
        </DialogForm>
      </Dialog>
    </>
  );
}
