import { Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { DeviceReplacement, IdentityQuestion } from '../../../protocol/api';
import type { DeviceIdentity } from '../../../protocol/device-identity';
import { useDecideIdentity, useIdentity } from '../../api/information';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Facts } from '../../parts/facts';
import { useCurrent } from '../current-user';

/** Whether the device was replaced: what an administrator has to decide, and what was decided. */
export function Replacement({ deviceId }: { deviceId: string }) {
  const { question = null, replacements = [] } = useIdentity(deviceId).data ?? {};
  return (
    <>
      {question && <Question deviceId={deviceId} of={question} />}
      {replacements.length > 0 && <Decisions of={replacements} />}
    </>
  );
}

function Question({ deviceId, of }: { deviceId: string; of: IdentityQuestion }) {
  const t = useText();
  const formats = useFormats();
  const { isAdmin } = useCurrent();
  const words = t.replacement;
  const isSwapped = of.kind === 'other-device' && of.deviceId !== null;
  return (
    <section className="question" aria-label={words.titles[of.kind]}>
      <h3>{words.titles[of.kind]}</h3>
      {of.kind === 'other-device' ? (
        <Facts
          of={[
            [words.expected, <Marks key="expected" of={of.expected} />],
            [words.found, <Marks key="found" of={of.found} />],
            [words.itIs, of.deviceId && <Link to={`/devices/${of.deviceId}`}>{of.deviceId}</Link>],
          ]}
        />
      ) : (
        <Facts
          of={[
            [words.before, formats.count(of.before.impressions ?? 0)],
            [words.after, formats.count(of.after.impressions ?? 0)],
          ]}
        />
      )}
      {isSwapped ? (
        <Text size="sm">{words.swapped}</Text>
      ) : isAdmin ? (
        <Group gap="xs">
          <Decide deviceId={deviceId} as="new-board" of={of} />
          <Decide deviceId={deviceId} as="another-device" of={of} />
        </Group>
      ) : (
        <Text size="sm">{words.administratorDecides}</Text>
      )}
    </section>
  );
}

function Marks({ of }: { of: DeviceIdentity }) {
  const { marks, noMarks } = useText().replacement;
  const known = (['serialNumber', 'uuid', 'mac', 'model'] as const).filter((name) => of[name] !== '');
  if (known.length === 0) return noMarks;
  return known.map((name) => (
    <div key={name}>
      {marks[name]} {of[name]}
    </div>
  ));
}

function Decide({ deviceId, as, of }: { deviceId: string; as: DeviceReplacement['as']; of: IdentityQuestion }) {
  const { decisions } = useText().replacement;
  const decide = useDecideIdentity(deviceId);
  const found = of.kind === 'other-device' ? of.found : null;
  const { button, title, hint } = decisions[as];
  return (
    <Confirm
      look="default"
      button={button}
      title={title}
      hint={hint}
      action={{ ...decide, run: (done) => decide.mutate({ as, found }, { onSuccess: done }) }}
    />
  );
}

function Decisions({ of }: { of: readonly DeviceReplacement[] }) {
  const t = useText();
  const formats = useFormats();
  const nameOf = (identity: DeviceIdentity | null) => identity?.serialNumber || identity?.uuid || identity?.mac || '';
  return (
    <details>
      <summary>{t.replacement.history}</summary>
      <Facts
        of={of.map(({ at, as, before, after, by }) => [
          formats.moment(at),
          t.replacement.decided(t.replacement.decisions[as].button, nameOf(before), nameOf(after), by),
        ])}
      />
    </details>
  );
}
