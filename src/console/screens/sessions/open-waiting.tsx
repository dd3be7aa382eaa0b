import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useFormats, useText } from '../../messages/language';

/** Shown while a deployment refuses new sessions. @param nextAt time of the next attempt; null during one */
export function OpenWaiting({ nextAt, onStop }: { nextAt: number | null; onStop: () => void }) {
  const t = useText();
  return (
    <Stack gap="sm">
      <Group gap="sm" wrap="nowrap" align="flex-start" role="status">
        <Loader size="sm" mt={2} aria-hidden="true" />
        <div>
          <Text fw={600}>{t.open.busy}</Text>
          <Text size="sm">{t.open.busyHint}</Text>
        </div>
      </Group>
      <Group justify="space-between" gap="xs">
        {/* a screen reader would read it every second */}
        <Text size="sm" c="dimmed" aria-hidden="true">
          {nextAt === null ? t.open.busyTrying : <Countdown until={nextAt} />}
        </Text>
        <Button variant="default" onClick={onStop} data-autofocus>
          {t.open.busyStop}
        </Button>
      </Group>
    </Stack>
  );
}

function Countdown({ until }: { until: number }) {
  const t = useText();
  const formats = useFormats();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return t.open.busyNext(formats.countdown((until - now) / 1000));
}
