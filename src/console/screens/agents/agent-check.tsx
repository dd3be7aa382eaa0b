import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { CheckFinding } from '../../../protocol/check-finding';
import { useAgentCheck, useStartAgentCheck, type Agent } from '../../api/agents';
import { useFormats, useText } from '../../messages/language';
import { Dialog } from '../../parts/dialog';
import { CheckIcon, WarningIcon } from '../../parts/icons';
import { Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';

/** Has an agent check its connections, and shows the findings line by line. */
export function AgentCheck({ agent: { id, online } }: { agent: Agent }) {
  const t = useText();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="xs" variant="default" aria-label={t.agents.checkTitle(id)} onClick={() => setOpened(true)}>
        {t.agents.check}
      </Button>
      <Dialog opened={opened} onClose={() => setOpened(false)} title={t.agents.checkTitle(id)} size="lg">
        <Findings id={id} online={online} />
      </Dialog>
    </>
  );
}

function Findings({ id, online }: { id: string; online: boolean }) {
  const t = useText();
  const formats = useFormats();
  const last = useAgentCheck(id, true);
  const start = useStartAgentCheck(id);
  const isRunning = start.isPending || last.data?.check?.endedAt === null;
  return (
    <Stack gap="sm">
      <Text size="sm">{t.agents.checkHint}</Text>
      {start.error && <ProblemNotice error={start.error} />}
      <Loaded query={last}>
        {({ check }) =>
          check && (
            <>
              <Text size="sm" c="dimmed" role="status">
                {check.endedAt ? t.agents.checkEnded(formats.moment(check.endedAt)) : t.agents.checking}
              </Text>
              <ul className="findings">
                {check.findings.map((finding, index) => (
                  <Line key={index} of={finding} />
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
      <Button onClick={() => start.mutate()} loading={isRunning} disabled={!online}>
        {t.agents.check}
      </Button>
    </Stack>
  );
}

function Line({ of: { subject, isProblem, text } }: { of: CheckFinding }) {
  const t = useText();
  const Icon = isProblem ? WarningIcon : CheckIcon;
  return (
    <li className={isProblem ? 'problem' : undefined}>
      <Icon size={15} />
      <span>
        <span className="unseen">{isProblem ? t.agents.problem : t.agents.works}: </span>
        <strong>{subject}</strong> {t.detail(text)}
      </span>
    </li>
  );
}
