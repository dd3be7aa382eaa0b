import { Autocomplete, Checkbox } from '@mantine/core';
import { useState } from 'react';
import { LIMITS } from '../../../protocol/limits';
import type { RelayPreference } from '../../../protocol/relay-choice';
import { useChangeCustomers } from '../../api/customers';
import { useRelays } from '../../api/relays';
import type { Messages } from '../../messages/en';
import { useText } from '../../messages/language';
import { DialogForm } from '../../parts/dialog';
import { DialogButton } from '../../parts/dialog-button';
import { fieldErrors } from '../../parts/form';

export const preferenceText = ({ region, only }: RelayPreference, t: Messages): string =>
  only ? t.relays.only(region) : t.relays.preferred(region);

interface Owner {
  readonly what: 'relays' | 'site-relays';
  readonly id: string;
  readonly name: string;
}

/** A button whose dialog asks for the region whose relays carry the sessions with a customer, or a site. */
export function PreferredRelays({ of, preference }: { of: Owner; preference: RelayPreference | null | undefined }) {
  const t = useText();
  const title = t.relays.preferenceOf(of.name);
  return (
    <DialogButton button={t.relays.choose} label={title} title={title}>
      {(close) => <PreferenceForm of={of} preference={preference} onClose={close} />}
    </DialogButton>
  );
}

function PreferenceForm({
  of: { what, id },
  preference,
  onClose,
}: {
  of: Owner;
  preference: RelayPreference | null | undefined;
  onClose: () => void;
}) {
  const t = useText();
  const relays = useRelays();
  const change = useChangeCustomers();
  const [region, setRegion] = useState(preference?.region ?? '');
  const [only, setOnly] = useState(preference?.only ?? false);
  const chosen = region.trim();
  const known = new Set((relays.data ?? []).flatMap((relay) => relay.region ?? []));
  const save = (): void =>
    change.mutate({ what, id, preference: chosen ? { region: chosen, only } : null }, { onSuccess: onClose });
  return (
    <DialogForm
      submit={t.actions.save}
      onSubmit={save}
      onCancel={onClose}
      isPending={change.isPending}
      error={change.error}
    >
      <Autocomplete
        label={t.relays.preferredRegion}
        description={what === 'relays' ? t.relays.customerHint : t.relays.siteHint}
        data={[...known].sort()}
        value={region}
        onChange={setRegion}
        error={fieldErrors(change.error, t)['preference.region']}
        maxLength={LIMITS.REGION_CHARACTERS}
        data-autofocus
      />
      <Checkbox
        label={t.relays.onlyRegion}
        description={t.relays.onlyHint}
        checked={only && chosen !== ''}
        disabled={chosen === ''}
        onChange={(event) => setOnly(event.currentTarget.checked)}
      />
    </DialogForm>
  );
}
