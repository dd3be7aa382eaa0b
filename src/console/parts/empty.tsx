import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Where there is nothing to show: why, and what to do next. */
export const Empty = ({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) => (
  <div className="empty">
    <Text fw={600}>{title}</Text>
    {hint && (
      <Text size="sm" c="dimmed" maw={440}>
        {hint}
      </Text>
    )}
    {children}
  </div>
);
