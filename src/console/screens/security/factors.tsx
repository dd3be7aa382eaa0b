import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { Factor, FactorKind } from '../../../protocol/account';
import { useFactors, useRemoveFactor, useRemoveFactorsOf, useReplaceRecoveryCodes } from '../../api/account';
import { useLoginState } from '../../api/login';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { NewPasskey } from './new-passkey';
import { NewTotp } from './new-totp';
import { RecoveryCodes } from './recovery-codes';

/** The second factors of the user of this page. */
export function FactorsPanel() {
  const t = useText();
  const own = useFactors(undefined);
  const passkeys = useLoginState().data?.passkeys;
  const [adding, setAdding] = useState<FactorKind>();
  return (
    <Panel
      title={t.security.factors}
      aside={
        <Group gap="xs">
          {passkeys && (
            <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setAdding('passkey')}>
              {t.security.addPasskey}
            </Button>
          )}
          <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setAdding('totp')}>
            {t.security.addApp}
          </Button>
        </Group>
      }
    >
      <Loaded query={own}>
        {({ factors, recoveryCodes, required }) =>
          factors.length === 0 ? (
            <Empty
              title={t.security.noFactors}
              hint={required ? t.security.factorRequired : t.security.noFactorsHint}
            />
          ) : (
            <>
              <FactorTable factors={factors} isOwn />
              <RecoveryCodesLine left={recoveryCodes} />
            </>
          )
        }
      </Loaded>
      <AddDialog kind={adding} onClose={() => setAdding(undefined)} />
    </Panel>
  );
}

export function FactorTable({ factors, isOwn = false }: { factors: readonly Factor[]; isOwn?: boolean }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.security.factors}
      rows={factors}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.security.factorName,
          cell: ({ name, kind }) => (
            <>
              <strong>{name}</strong>
              <div className="minor">{t.security.kinds[kind]}</div>
            </>
          ),
        },
        { title: t.security.addedAt, cell: ({ createdAt }) => formats.moment(createdAt) },
        {
          title: t.security.lastUsed,
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : t.tokens.never),
        },
        ...(isOwn
          ? [{ title: t.security.remove, untitled: true, cell: (factor: Factor) => <Remove factor={factor} /> }]
          : []),
      ]}
    />
  );
}

function Remove({ factor: { id, name } }: { factor: Factor }) {
  const t = useText();
  const remove = useRemoveFactor();
  return (
    <Confirm
      look="subtle"
      button={t.security.remove}
      label={t.security.removeLabel(name)}
      title={t.security.removeTitle(name)}
      hint={t.security.removeHint}
      action={{ ...remove, run: (done) => remove.mutate(id, { onSuccess: done }) }}
    />
  );
}

function RecoveryCodesLine({ left }: { left: number }) {
  const t = useText();
  const replace = useReplaceRecoveryCodes();
  const codes = replace.data?.recoveryCodes;
  return (
    <div className="panel-body">
      <Group justify="space-between">
        <Text size="sm">{t.security.codesLeft(left)}</Text>
        <Confirm
          look="default"
          button={t.security.newCodes}
          title={t.security.newCodesTitle}
          hint={t.security.newCodesHint}
          action={{ ...replace, run: (done) => replace.mutate(undefined, { onSuccess: done }) }}
        />
      </Group>
      <Dialog opened={Boolean(codes)} onClose={replace.reset} title={t.security.recoveryCodes} keepOpen>
        {codes && <RecoveryCodes codes={codes} onDone={replace.reset} />}
      </Dialog>
    </div>
  );
}

/** @param kind undefined: closed */
function AddDialog({ kind, onClose }: { kind: FactorKind | undefined; onClose: () => void }) {
  const t = useText();
  const [codes, setCodes] = useState<readonly string[]>();
  const close = (): void => {
    setCodes(undefined);
    onClose();
  };
  const done = (made: string[] | null): void => (made ? setCodes(made) : close());
  return (
    <Dialog
      opened={kind !== undefined}
      onClose={close}
      title={codes ? t.security.recoveryCodes : kind === 'passkey' ? t.security.addPasskey : t.security.addApp}
      keepOpen={codes !== undefined}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onDone={close} />
      ) : kind === 'passkey' ? (
        <NewPasskey onDone={done} />
      ) : (
        <NewTotp onDone={done} />
      )}
    </Dialog>
  );
}

/** The second factors of another user, for administrators. */
export function FactorsOfUser({ userId, name }: { userId: string; name: string }) {
  const t = useText();
  const query = useFactors(userId);
  const remove = useRemoveFactorsOf(userId);
  return (
    <Loaded query={query}>
      {({ factors, required }) =>
        factors.length === 0 ? (
          <Text size="sm" c="dimmed">
            {required ? t.security.userLacksFactor : t.security.userHasNoFactor}
          </Text>
        ) : (
          <>
            <FactorTable factors={factors} />
            <Group justify="flex-end">
              <Confirm
                look="subtle"
                button={t.security.removeAll}
                title={t.security.removeAllTitle(name)}
                hint={t.security.removeAllHint}
                action={{ ...remove, run: (done) => remove.mutate(undefined, { onSuccess: done }) }}
              />
            </Group>
          </>
        )
      }
    </Loaded>
  );
}
