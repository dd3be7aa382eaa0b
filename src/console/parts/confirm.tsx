import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useText } from '../messages/language';
import { ProblemNotice } from './notice';

/** A button for what cannot be undone: a dialog says what will happen and asks for confirmation. */
export function Confirm({
  button,
  confirm = button,
  title,
  hint,
  action,
  children,
  look = 'light',
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
  /** How the button looks on the screen. */
  look?: 'light' | 'subtle' | 'default';
  /** Accessible name of the button where there are several of its kind. */
  label?: string;
}) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        size="xs"
        color={look === 'default' ? undefined : 'red'}
        variant={look}
        aria-label={label}
        onClick={() => {
          action.reset();
          open();
        }}
      >
        {button}
      </Button>
      <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': t.actions.close }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            action.run(close);
          }}
        >
          <Stack gap="sm">
            <Text size="sm">{hint}</Text>
            {children}
            {action.error ? <ProblemNotice error={action.error} /> : null}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                {t.actions.cancel}
              </Button>
              <Button color="red" type="submit" loading={action.isPending}>
                {confirm}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
