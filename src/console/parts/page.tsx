import { Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useText } from '../messages/language';

/** A screen: its title, actions and content. */
export function Page({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useText();
  useEffect(() => {
    document.title = `${title} – ${t.product}`;
  }, [title, t]);
  return (
    <Stack gap="md" maw={1180}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div className="page-head">
          <Title order={1}>{title}</Title>
          {lead && (
            <Text size="sm" c="dimmed" mt={2}>
              {lead}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
