import { Button, Group, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { Deployment } from '../../../protocol/deployment';
import { useAbort, useExecute } from '../../api/deployments';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { ProblemNotice } from '../../parts/notice';
import { futureMoment, nextHour, TimeInput } from '../../parts/time-input';
import { RollBack } from './roll-back';

const BEFORE = ['listed', 'awaiting-idle', 'scheduled'];
const ABORTABLE = [...BEFORE, 'trying', 'draining'];

/** Execution button 77 and abort button 78 of Fig. 18, and the buttons that schedule the execution. */
export function DeploymentActions({ deployment }: { deployment: Deployment }) {
  const t = useText();
  const { id, state, canRollBack } = deployment;
  const execute = useExecute(id);
  const abort = useAbort(id);
  if (canRollBack) return <RollBack deployment={deployment} />;
  if (!ABORTABLE.includes(state)) return null;
  const busy = execute.isPending || abort.isPending;
  const error = execute.error ?? abort.error;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {BEFORE.includes(state) && (
          <Button size="xs" disabled={busy} onClick={() => execute.mutate({ when: 'now' })}>
            {t.deployment.execute}
          </Button>
        )}
        {(state === 'listed' || state === 'scheduled') && (
          <Button size="xs" variant="default" disabled={busy} onClick={() => execute.mutate({ when: 'idle' })}>
            {t.deployment.whenIdle}
          </Button>
        )}
        {(state === 'listed' || state === 'awaiting-idle') && <AtTime execute={execute} />}
        <Button size="xs" variant="light" color="red" disabled={busy} onClick={() => abort.mutate(undefined)}>
          {t.deployment.abort}
        </Button>
      </Group>
      {error && <ProblemNotice error={error} />}
    </Stack>
  );
}

function AtTime({ execute }: { execute: ReturnType<typeof useExecute> }) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const [at, setAt] = useState(nextHour);
  const [missing, setMissing] = useState(false);
  const submit = (): void => {
    const moment = futureMoment(at);
    setMissing(!moment);
    if (moment) execute.mutate({ when: 'at', at: moment }, { onSettled: close });
  };
  return (
    <>
      <Button size="xs" variant="default" disabled={execute.isPending} onClick={open}>
        {t.deployment.atTime}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.deployment.atTime}>
        <DialogForm
          submit={t.deployment.submits.at}
          onSubmit={submit}
          onCancel={close}
          isPending={execute.isPending}
          validates
        >
          <TimeInput value={at} onChange={setAt} missing={missing} />
        </DialogForm>
      </Dialog>
    </>
  );
}
