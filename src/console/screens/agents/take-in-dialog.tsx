import { Button, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { FoundDeviceInView } from '../../../protocol/api';
import { deviceKind, type DeviceKind } from '../../../protocol/device-kinds';
import { useTakeIn } from '../../api/found-devices';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';

/** A device ID from the model and the serial number. */
export function suggestedId({ model, address, identity: { serialNumber } }: FoundDeviceInView): string {
  const plain = `${model} ${serialNumber || address}`.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
  return plain
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(-64)
    .replace(/^[-.]+/, '');
}

/** The agents that have found a device and whose owners permit that it is taken in. */
export const agentsFor = (device: FoundDeviceInView): FoundDeviceInView['alsoFoundBy'] =>
  [device, ...device.alsoFoundBy].filter(({ mayTakeIn }) => mayTakeIn);

/** Asks for what the device is to be called and which agent serves it, and has that agent take it in. */
export function TakeInDialog({ device }: { device: FoundDeviceInView }) {
  const t = useText();
  const take = useTakeIn();
  const [opened, setOpened] = useState(false);
  const [kind, setKind] = useState<DeviceKind>(device.kind);
  const agents = agentsFor(device);
  const [wanted, setWanted] = useState<string | null>(null);
  const agent = agents.find(({ id }) => id === wanted) ?? agents.find(({ online }) => online) ?? agents[0] ?? device;
  const errors = fieldErrors(take.error, t);
  const close = (): void => {
    take.reset();
    setOpened(false);
  };
  const { model, address, site } = device;
  const { agentId } = agent;
  const online = agents.some((each) => each.online);
  return (
    <>
      <Button
        size="xs"
        disabled={!online}
        title={online ? undefined : t.found.agentOffline}
        aria-label={t.found.takeInOf(`${model} ${address}`)}
        onClick={() => setOpened(true)}
      >
        {t.found.takeIn}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.found.takeInOf(model || address)}>
        <DialogForm
          submit={t.found.takeIn}
          onSubmit={(form) => {
            const text = textsOf(form);
            const named = { deviceId: text('deviceId'), name: text('name'), location: text('location') };
            take.mutate({ id: agent.id, device: { ...named, kind } }, { onSuccess: close });
          }}
          onCancel={close}
          isPending={take.isPending}
          error={take.error}
        >
          <Text size="sm">{t.found.takeInHint(agentId, site ? `${site.customerName}, ${site.name}` : null)}</Text>
          {agents.length > 1 && (
            <Select
              label={t.found.servedBy}
              description={t.found.servedByHint}
              data={agents.map((each) => ({
                value: each.id,
                label: `${each.agentId} (${each.address})`,
                disabled: !each.online,
              }))}
              value={agent.id}
              onChange={setWanted}
              allowDeselect={false}
            />
          )}
          <TextInput
            name="deviceId"
            label={t.found.deviceId}
            description={t.found.deviceIdHint}
            defaultValue={suggestedId(device)}
            error={errors.deviceId}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={64}
            required
          />
          <TextInput
            name="name"
            label={t.found.name}
            defaultValue={model.slice(0, 100)}
            error={errors.name}
            autoComplete="off"
            maxLength={100}
            required
            data-autofocus
          />
          <Select
            label={t.found.kind}
            data={deviceKind.options.map((value) => ({ value, label: t.kinds[value] }))}
            value={kind}
            onChange={(value) => setKind(deviceKind.parse(value))}
            allowDeselect={false}
          />
          <TextInput
            name="location"
            label={t.devices.location}
            defaultValue={device.location}
            error={errors.location}
            autoComplete="off"
            maxLength={200}
          />
        </DialogForm>
      </Dialog>
    </>
  );
}
