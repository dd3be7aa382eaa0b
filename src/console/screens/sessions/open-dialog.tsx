import { Button, Select, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Device } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { codeOf } from '../../api/request';
import { useSessions } from '../../api/sessions';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';
import { useCurrent } from '../current-user';
import { OpenWaiting } from './open-waiting';
import { useSessionRequest } from './use-session-request';

const MINUTES = [15, 30, 60, 120, 240, 480];

interface RequestDraft {
  readonly applicationId?: string;
  readonly reason?: string;
  readonly minutes?: number;
}

/** A button that requests access to a device (S141). @param wish initial values of the form */
export function OpenButton({
  device,
  wish,
  label,
  variant = 'default',
}: {
  device: Device;
  wish?: RequestDraft;
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
        disabled={(!device.online && !device.wakeable) || openable(device).length === 0}
        onClick={open}
        aria-label={label ? undefined : `${text}: ${device.name}`}
      >
        {text}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.open.title(device.name)}>
        <OpenForm device={device} wish={wish} onCancel={close} />
      </Dialog>
    </>
  );
}

/** A document box is for programs: `platen connect`. */
const openable = ({ applications }: Device) => applications.filter(({ protocol }) => protocol !== 'box');

function OpenForm({ device, wish, onCancel }: { device: Device; wish?: RequestDraft; onCancel: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const ask = useSessionRequest(({ id }) => void navigate(`/sessions/${id}/view`));
  const [applicationId, setApplication] = useState(wish?.applicationId ?? openable(device)[0]?.id ?? '');
  const [reason, setReason] = useState(wish?.reason ?? '');
  const [minutes, setMinutes] = useState(wish?.minutes ?? LIMITS.SESSION_MINUTES_DEFAULT);
  const [missing, setMissing] = useState(false);
  const errors = fieldErrors(ask.error, t);
  if (ask.waiting) return <OpenWaiting nextAt={ask.waiting.nextAt} onStop={ask.stop} />;
  return (
    <DialogForm
      submit={t.open.ask}
      onSubmit={() => {
        setMissing(reason.trim() === '');
        if (reason.trim() === '') return;
        ask.start({ deviceId: device.id, applicationId, reason, minutes });
      }}
      onCancel={onCancel}
      isPending={ask.isPending}
      validates
    >
      <Text size="sm" c="dimmed">
        {t.open.lead}
      </Text>
      <Select
        label={t.open.application}
        data={openable(device).map(({ id, title }) => ({ value: id, label: title }))}
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
    </DialogForm>
  );
}

/** A link to the open session that prevents a new one. */
function OpenSessionLink({ deviceId }: { deviceId: string }) {
  const t = useText();
  const { me } = useCurrent();
  const own = rowsOf(useSessions('live', { deviceId }).data).find(({ user }) => user.id === me.id);
  if (!own) return null;
  return (
    <Text size="sm" mt={4}>
      <Link to={`/sessions/${own.id}/view`}>{t.open.openSession}</Link>
    </Text>
  );
}
