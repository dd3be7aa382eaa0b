import { Text } from '@mantine/core';
import { recordMessage } from '../../../protocol/approval-record';
import { differencesFromSession, readRecord } from '../../../protocol/record-check';
import type { SessionWithSteps } from '../../api/sessions';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Empty } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { SignedAnswer } from '../signed-answer';

/** Who answered the request at the device, where and when, and whether the agent's signature proves it. */
export function SessionRecord({ session }: { session: SessionWithSteps }) {
  const t = useText();
  const { approvalRecord, approvedAt, ending } = session;
  const isAnswered = approvedAt !== null || ending === 'declined' || ending === 'denied';
  if (!approvalRecord && !isAnswered) return null;
  return (
    <Panel title={t.record.title}>
      {approvalRecord ? (
        <Answer session={session} shown={approvalRecord} />
      ) : (
        <Empty title={t.record.none} hint={t.record.noneHint} />
      )}
    </Panel>
  );
}

function Answer({
  session,
  shown,
}: {
  session: SessionWithSteps;
  shown: NonNullable<SessionWithSteps['approvalRecord']>;
}) {
  const t = useText();
  const record = readRecord(shown.text);
  const fits = record !== undefined && differencesFromSession(session.id, session, record).length === 0;
  const answer = record && (record.grant ? t.grants[record.grant] : t.record.declined);
  return (
    <SignedAnswer shown={shown} messageOf={recordMessage} record={record} fits={fits} answer={answer}>
      {(verification) => (
        <>
          <Text size="sm" c="dimmed" mt="sm" mb="xs">
            {t.record.hints[verification]}
          </Text>
          <CopyLine label={t.record.command} text={`platen session verify ${session.id}`} />
        </>
      )}
    </SignedAnswer>
  );
}
