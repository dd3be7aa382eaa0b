import { Button, Group, NumberInput, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { LIMITS } from '../../../protocol/limits';
import { useDecideRelay, type Relay } from '../../api/relays';
import { useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';

/** Drains a relay, takes it back, changes its region and limit, and removes it. @param isLast no other one accepts sessions */
export function RelayActions({ relay, isLast }: { relay: Relay; isLast: boolean }) {
  const { drain, removedAt, lastSeenAt, sessions, driver } = relay;
  const mayRemove = !removedAt && driver !== 'local' && sessions === 0 && (drain !== null || lastSeenAt !== null);
  return (
    <Group gap="xs" justify="flex-end">
      {drain || removedAt ? <TakeBack id={relay.id} /> : <Drain id={relay.id} isLast={isLast} />}
      {!removedAt && <Edit relay={relay} />}
      {mayRemove && <Remove id={relay.id} />}
    </Group>
  );
}

function Drain({ id, isLast }: { id: string; isLast: boolean }) {
  const t = useText();
  const decide = useDecideRelay();
  return (
    <Confirm
      look="default"
      tone="plain"
      button={t.relays.drain}
      label={t.relays.drainOf(id)}
      title={t.relays.drainTitle(id)}
      hint={t.relays.drainHint}
      action={{ ...decide, run: (done) => decide.mutate({ what: 'drain', id }, { onSuccess: done }) }}
    >
      {isLast && (
        <Text size="sm" fw={600}>
          {t.relays.drainLast}
        </Text>
      )}
    </Confirm>
  );
}

function TakeBack({ id }: { id: string }) {
  const t = useText();
  const decide = useDecideRelay();
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={t.relays.takeBackOf(id)}
        loading={decide.isPending}
        onClick={() => decide.mutate({ what: 'take-back', id })}
      >
        {t.relays.takeBack}
      </Button>
      {decide.error && <ProblemNotice error={decide.error} />}
    </>
  );
}

function Remove({ id }: { id: string }) {
  const t = useText();
  const decide = useDecideRelay();
  return (
    <Confirm
      look="subtle"
      button={t.relays.remove}
      label={t.relays.removeTitle(id)}
      title={t.relays.removeTitle(id)}
      hint={t.relays.removeHint}
      action={{ ...decide, run: (done) => decide.mutate({ what: 'remove', id }, { onSuccess: done }) }}
    />
  );
}

function Edit({ relay: { id, ownRegion, setRegion, setLimit } }: { relay: Relay }) {
  const t = useText();
  const decide = useDecideRelay();
  const [opened, setOpened] = useState(false);
  const errors = fieldErrors(decide.error, t);
  const close = (): void => setOpened(false);
  const save = (form: HTMLFormElement): void => {
    const text = textsOf(form);
    const change = {
      region: text('region').trim() || null,
      limit: text('limit') === '' ? null : Number(text('limit')),
    };
    decide.mutate({ what: 'set', id, change }, { onSuccess: close });
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={t.relays.editOf(id)}
        onClick={() => {
          decide.reset();
          setOpened(true);
        }}
      >
        {t.relays.edit}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.relays.editTitle(id)}>
        <DialogForm
          submit={t.actions.save}
          onSubmit={save}
          onCancel={close}
          isPending={decide.isPending}
          error={decide.error}
        >
          <TextInput
            name="region"
            label={t.relays.region}
            description={t.relays.regionHint}
            placeholder={ownRegion ?? undefined}
            defaultValue={setRegion ?? ''}
            error={errors.region}
            autoComplete="off"
            maxLength={LIMITS.REGION_CHARACTERS}
            data-autofocus
          />
          <NumberInput
            name="limit"
            label={t.relays.limit}
            description={t.relays.limitHint}
            defaultValue={setLimit ?? ''}
            error={errors.limit}
            min={1}
            max={LIMITS.RELAY_LINKS}
            allowDecimal={false}
            allowNegative={false}
          />
        </DialogForm>
      </Dialog>
    </>
  );
}
