import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { DeviceNotes, NoteLink } from '../../../protocol/device-notes';
import { LIMITS } from '../../../protocol/limits';
import { useDeviceNotes, useReplaceNotes } from '../../api/device-notes';
import { codeOf } from '../../api/request';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { Facts } from '../../parts/facts';
import { fieldErrors, textsOf } from '../../parts/form';
import { PlusIcon } from '../../parts/icons';
import { Loaded } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { Ago } from '../../parts/time';

/** What the people who service a device note about it. */
export function NotesPanel({ deviceId, deviceName }: { deviceId: string; deviceName: string }) {
  const t = useText();
  const notes = useDeviceNotes(deviceId);
  const [opened, setOpened] = useState(false);
  const close = (): void => setOpened(false);
  return (
    <Panel
      title={t.notes.title}
      aside={
        notes.data && (
          <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
            {t.notes.edit}
          </Button>
        )
      }
    >
      <div className="panel-body">
        <Loaded query={notes}>{(known) => <Shown notes={known} />}</Loaded>
      </div>
      <Dialog opened={opened} onClose={close} title={t.notes.editTitle(deviceName)} size="lg" keepOpen>
        {notes.data && <Form deviceId={deviceId} notes={notes.data} onDone={close} />}
      </Dialog>
    </Panel>
  );
}

function Shown({ notes }: { notes: DeviceNotes }) {
  const t = useText();
  const { text, links, contractNumber, assetTag, location, changedAt, changedBy } = notes;
  if (![text, contractNumber, assetTag, location].some(Boolean) && links.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.notes.empty}
      </Text>
    );
  return (
    <Stack gap="sm">
      <Facts
        of={[
          [t.notes.assetTag, assetTag],
          [t.notes.contractNumber, contractNumber],
          [t.notes.location, location],
        ]}
      />
      {text && (
        <Text size="sm" className="note-text">
          {text}
        </Text>
      )}
      {links.length > 0 && (
        <ul className="note-links" aria-label={t.notes.links}>
          {links.map((link, index) => (
            <li key={index}>
              <OutsideLink of={link} />
            </li>
          ))}
        </ul>
      )}
      {changedAt && (
        <span className="minor">
          {changedBy}, <Ago at={changedAt} />
        </span>
      )}
    </Stack>
  );
}

/** A link out of the console: where it leads is shown, and the page there learns nothing of this one. */
const OutsideLink = ({ of: { title, url } }: { of: NoteLink }) => (
  <>
    <a href={url} target="_blank" rel="noopener noreferrer">
      {title || url}
    </a>
    {title && <span className="minor"> {new URL(url).host}</span>}
  </>
);

function Form({ deviceId, notes, onDone }: { deviceId: string; notes: DeviceNotes; onDone: () => void }) {
  const t = useText();
  const replace = useReplaceNotes(deviceId);
  /** What the user edits; it stays when the stored notes change meanwhile. */
  const [initial] = useState(notes);
  const [links, setLinks] = useState<readonly NoteLink[]>(notes.links);
  /** Of the notes that the user has seen: those at the opening, or those that a refusal has shown. */
  const [seen, setSeen] = useState(notes.version);
  const errors = fieldErrors(replace.error, t);
  const isOutdated = codeOf(replace.error) === 'outdated';
  const submit = (form: HTMLFormElement): void => {
    const field = textsOf(form);
    replace.mutate(
      {
        ...{ text: field('text'), contractNumber: field('contractNumber'), assetTag: field('assetTag') },
        ...{ location: field('location'), version: seen },
        links: links.filter(({ title, url }) => title.trim() !== '' || url.trim() !== ''),
      },
      { onSuccess: onDone },
    );
  };
  const change = (at: number, changed: Partial<NoteLink>): void =>
    setLinks(links.map((link, index) => (index === at ? { ...link, ...changed } : link)));
  return (
    <DialogForm
      submit={t.actions.save}
      onSubmit={submit}
      onCancel={onDone}
      isPending={replace.isPending}
      error={replace.error}
      validates
    >
      <Textarea
        name="text"
        label={t.notes.text}
        defaultValue={initial.text}
        error={errors.text}
        maxLength={LIMITS.NOTE_CHARACTERS}
        autosize
        minRows={4}
        maxRows={12}
        data-autofocus
      />
      <Group grow>
        <TextInput name="assetTag" label={t.notes.assetTag} defaultValue={initial.assetTag} maxLength={64} />
        <TextInput
          name="contractNumber"
          label={t.notes.contractNumber}
          defaultValue={initial.contractNumber}
          maxLength={64}
        />
      </Group>
      <TextInput
        name="location"
        label={t.notes.location}
        description={t.notes.locationHint}
        defaultValue={initial.location}
        maxLength={200}
      />
      {links.map((link, index) => (
        <Group key={index} align="flex-start" gap="xs" className="note-link">
          <TextInput
            label={t.notes.linkTitle}
            value={link.title}
            onChange={(event) => change(index, { title: event.currentTarget.value })}
            maxLength={100}
          />
          <TextInput
            label={t.notes.address}
            type="url"
            placeholder="https://"
            value={link.url}
            error={errors[`links.${index}.url`]}
            onChange={(event) => change(index, { url: event.currentTarget.value })}
            maxLength={LIMITS.NOTE_LINK_CHARACTERS}
          />
          <Button
            variant="subtle"
            color="gray"
            aria-label={t.notes.removeLinkNamed(link.title || link.url)}
            onClick={() => setLinks(links.filter((_, at) => at !== index))}
          >
            {t.notes.removeLink}
          </Button>
        </Group>
      ))}
      {links.length < LIMITS.NOTE_LINKS && (
        <div>
          <Button
            size="xs"
            variant="default"
            leftSection={<PlusIcon size={15} />}
            onClick={() => setLinks([...links, { title: '', url: '' }])}
          >
            {t.notes.addLink}
          </Button>
        </div>
      )}
      {isOutdated && notes.version !== seen && (
        <section aria-label={t.notes.stored} className="notice">
          <Stack gap="xs">
            <Text size="sm" fw={600}>
              {t.notes.stored}
            </Text>
            <Shown notes={notes} />
            <Button size="xs" variant="default" onClick={() => setSeen(notes.version)}>
              {t.notes.replaceStored}
            </Button>
          </Stack>
        </section>
      )}
    </DialogForm>
  );
}
