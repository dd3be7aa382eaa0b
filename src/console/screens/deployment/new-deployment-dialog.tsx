import { Button, NumberInput, Radio, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { BUILT_IN, deploymentWhen, type Release } from '../../../protocol/deployment';
import { useCreateDeployment } from '../../api/deployments';
import type { Relay } from '../../api/relays';
import { useReleases, useUploadRelease } from '../../api/releases';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { Loaded } from '../../parts/loaded';
import { futureMoment, nextHour, TimeInput } from '../../parts/time-input';
import { ReleaseUpload } from './release-upload';

const PAIRS_MOST = 64;

/** S311: deploys another release or another number of pairs. @param relays those that this server can deploy */
export function NewDeploymentButton({ relays }: { relays: Relay[] }) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button size="xs" onClick={open}>
        {t.deployment.instruct}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.deployment.instruct}>
        <NewDeployment relays={relays} onCancel={close} />
      </Dialog>
    </>
  );
}

function NewDeployment({ relays, onCancel }: { relays: Relay[]; onCancel: () => void }) {
  const t = useText();
  const releases = useReleases();
  const [relayId, setRelay] = useState(relays[0]?.id ?? '');
  const relay = relays.find(({ id }) => id === relayId);
  return (
    <Stack gap="sm">
      {relays.length > 1 && (
        <Select
          label={t.deployment.relay}
          data={relays.map(({ id }) => id)}
          value={relayId}
          onChange={(value) => value && setRelay(value)}
          allowDeselect={false}
        />
      )}
      <Loaded query={releases}>
        {(rows) => relay && <NewDeploymentForm key={relayId} relay={relay} releases={rows} onCancel={onCancel} />}
      </Loaded>
    </Stack>
  );
}

function NewDeploymentForm({ relay, releases, onCancel }: { relay: Relay; releases: Release[]; onCancel: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const instruct = useCreateDeployment();
  const upload = useUploadRelease();
  const serving = releases.find((each) => each.serving)?.name ?? BUILT_IN;
  const [release, setRelease] = useState(serving);
  const [pairs, setPairs] = useState<number | string>(relay.pairs);
  const [when, setWhen] = useState<(typeof deploymentWhen.options)[number]>('ask');
  const [at, setAt] = useState(nextHour);
  const [problem, setProblem] = useState<'nothing' | 'time'>();
  const submit = (): void => {
    const wish = {
      ...(release !== serving && { release }),
      ...(pairs !== relay.pairs && typeof pairs === 'number' && { pairs }),
    };
    const moment = when === 'at' ? futureMoment(at) : undefined;
    if (Object.keys(wish).length === 0) return setProblem('nothing');
    if (when === 'at' && !moment) return setProblem('time');
    setProblem(undefined);
    instruct.mutate(
      { relayId: relay.id, ...wish, when, ...(moment && { at: moment }) },
      { onSuccess: ({ id }) => void navigate(`/deployment/${id}`) },
    );
  };
  return (
    <DialogForm
      submit={t.deployment.submits[when]}
      onSubmit={submit}
      onCancel={onCancel}
      isPending={instruct.isPending}
      error={instruct.error}
      validates
    >
      <Select
        label={t.deployment.release}
        data={releases.map(({ name, version, serving: runs }) => ({
          value: name,
          label: `${name === BUILT_IN ? t.deployment.builtIn(version) : version}${runs ? ` – ${t.deployment.runsNow}` : ''}`,
        }))}
        value={release}
        onChange={(value) => value && setRelease(value)}
        allowDeselect={false}
        data-autofocus
      />
      <ReleaseUpload upload={upload} onStored={({ name }) => setRelease(name)} />
      <NumberInput
        label={t.deployment.pairs}
        description={t.deployment.pairsHint}
        value={pairs}
        onChange={setPairs}
        min={1}
        max={PAIRS_MOST}
        allowDecimal={false}
        clampBehavior="strict"
      />
      <Radio.Group label={t.deployment.when} value={when} onChange={(value) => setWhen(deploymentWhen.parse(value))}>
        <Stack gap={6} mt={4}>
          {deploymentWhen.options.map((value) => (
            <Radio
              key={value}
              value={value}
              label={t.deployment.whens[value]}
              description={value === when && t.deployment.whenHints[value]}
            />
          ))}
        </Stack>
      </Radio.Group>
      {when === 'at' && <TimeInput value={at} onChange={setAt} missing={problem === 'time'} />}
      {problem === 'nothing' && (
        <Text size="sm" c="red" role="alert">
          {t.deployment.nothing}
        </Text>
      )}
    </DialogForm>
  );
}
