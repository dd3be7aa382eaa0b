import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Device } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { codeOf } from '../api/request';
import { useSessions } from '../api/sessions';
import { rowsOf } from '../api/pages';
import { useText } from '../messages/language';
import { fieldErrors } from '../parts/field-errors';
import { ProblemNotice } from '../parts/notice';
import { useCurrent } from './current-user';
import { OpenWaiting } from './open-waiting';
import { usePatientAsk } from './use-patient-ask';

const MINUTES = [15, 30, 60, 120, 240, 480];

interface Wish {
  readonly applicationId?: string;
  readonly reason?: string;
  readonly minutes?: number;
}

/** A button that asks for access to a device (S141). @param wish what the form holds at first */
export function OpenButton({
  device,
  wish,
  label,
  variant = 'default',
}: {
  device: Device;
  wish?: Wish;
  label?: string;
  variant?: string;
}) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const text = label ?? t.devices.open;
  return (
    <>
      <Button
        size="xs"
        variant={variant}
        disabled={(!device.online && !device.asleep) || device.applications.length === 0}
        onClick={open}
        aria-label={label ? undefined : `${text}: ${device.name}`}
      >
        {text}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t.open.title(device.name)}
        closeButtonProps={{ 'aria-label': t.actions.close }}
      >
        <OpenForm device={device} wish={wish} onCancel={close} />
      </Modal>
    </>
  );
}

function OpenForm({ device, wish, onCancel }: { device: Device; wish?: Wish; onCancel: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const ask = usePatientAsk(({ id }) => void navigate(`/sessions/${id}/view`));
  const [applicationId, setApplication] = useState(wish?.applicationId ?? device.applications[0]?.id ?? '');
  const [reason, setReason] = useState(wish?.reason ?? '');
  const [minutes, setMinutes] = useState(wish?.minutes ?? LIMITS.SESSION_MINUTES_DEFAULT);
  const [missing, setMissing] = useState(false);
  const errors = fieldErrors(ask.error, t);
  if (ask.waiting) return <OpenWaiting nextAt={ask.waiting.nextAt} onStop={ask.stop} />;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setMissing(reason.trim() === '');
        if (reason.trim() === '') return;
        ask.start({ deviceId: device.id, applicationId, reason, minutes });
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t.open.lead}
        </Text>
        <Select
          label={t.open.application}
          data={device.applications.map(({ id, title }) => ({ value: id, label: title }))}
          value={applicationId}
          onChange={(value) => value && setApplication(value)}
          allowDeselect={false}
        />
        <Textarea
          label={t.open.reason}
          description={t.open.reasonHint}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={missing ? t.open.reasonMissing : errors.reason}
          maxLength={LIMITS.REASON_CHARACTERS}
          autosize
          minRows={2}
          maxRows={6}
          required
          data-autofocus
        />
        <Select
          label={t.open.duration}
          data={MINUTES.map((each) => ({ value: String(each), label: t.open.minutes(each) }))}
          value={String(minutes)}
          onChange={(value) => value && setMinutes(Number(value))}
          allowDeselect={false}
        />
        {ask.tooLong && (
          <div role="alert">
            <Text size="sm" fw={600}>
              {t.open.busyTooLong}
            </Text>
            <Text size="sm">{t.open.busyTooLongHint}</Text>
          </div>
        )}
        {ask.error ? (
          <ProblemNotice error={ask.error}>
            {codeOf(ask.error) === 'session-exists' && <OpenSessionLink deviceId={device.id} />}
          </ProblemNotice>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {t.actions.cancel}
          </Button>
          <Button type="submit" loading={ask.isPending}>
            {t.open.ask}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Where the session is that stands in the way. */
function OpenSessionLink({ deviceId }: { deviceId: string }) {
  const t = useText();
  const { me } = useCurrent();
  const own = rowsOf(useSessions('live', deviceId).data).find(({ user }) => user.id === me.id);
  if (!own) return null;
  return (
    <Text size="sm" mt={4}>
      <Link to={`/sessions/${own.id}/view`}>{t.open.openSession}</Link>
    </Text>
  );
}
