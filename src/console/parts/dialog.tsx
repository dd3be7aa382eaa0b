import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../messages/language';
import { ProblemNotice } from './notice';

/** A dialog with a title. */
export function Dialog({
  opened,
  onClose,
  title,
  size,
  keepOpen = false,
  children,
}: {
  opened: boolean;
  onClose: () => void;
  title: string | undefined;
  size?: 'lg';
  /** Its content is shown only once and must not be lost by a click outside. */
  keepOpen?: boolean;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': t.actions.close }}
      closeOnClickOutside={!keepOpen}
    >
      {children}
    </Modal>
  );
}

/** The form of a dialog: its fields, the problem of the last attempt, and its two buttons. */
export function DialogForm({
  submit,
  onSubmit,
  onCancel,
  isPending,
  error,
  isDanger = false,
  validates = false,
  children,
}: {
  /** The button that submits. */
  submit: string;
  onSubmit: (form: HTMLFormElement) => void;
  onCancel: () => void;
  isPending: boolean;
  error?: unknown;
  /** The action cannot be undone. */
  isDanger?: boolean;
  /** The browser need not check the fields, because `onSubmit` does. */
  validates?: boolean;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <form
      noValidate={validates}
      // Enter adds a line in a field of several lines
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(event.currentTarget);
      }}
    >
      <Stack gap="sm">
        {children}
        {error ? <ProblemNotice error={error} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {t.actions.cancel}
          </Button>
          <Button type="submit" color={isDanger ? 'red' : undefined} loading={isPending}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
