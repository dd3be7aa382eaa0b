import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { AnsweredBy } from '../../protocol/approval-record';
import { differencesFromSession, readRecord } from '../../protocol/record-check';
import { isSigned } from '../api/record-signature';
import type { SessionWithSteps } from '../api/sessions';
import type { Messages } from '../messages/en';
import { useFormats, useText } from '../messages/language';
import { CopyLine } from '../parts/copy-line';
import { Facts } from '../parts/facts';
import { Empty } from '../parts/loaded';
import { Panel } from '../parts/panel';
import { Status, type Tone } from '../parts/status';

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

type Verification = 'checking' | 'verified' | 'wrong' | 'unavailable';
const TONES: Record<Verification, Tone> = { checking: 'busy', verified: 'on', wrong: 'bad', unavailable: 'off' };

function Answer({
  session,
  shown,
}: {
  session: SessionWithSteps;
  shown: NonNullable<SessionWithSteps['approvalRecord']>;
}) {
  const t = useText();
  const formats = useFormats();
  const record = readRecord(shown.text);
  const fits = record !== undefined && differencesFromSession(session.id, session, record).length === 0;
  const signed = useQuery({
    queryKey: ['record-signature', shown.text, shown.signature, shown.key],
    // a query must not return undefined
    queryFn: async () => ({ signed: await isSigned(shown) }),
  });
  const verification = signed.data ? verificationOf(fits, signed.data.signed) : 'checking';
  return (
    <div className="panel-body">
      <Facts
        of={[
          [
            t.record.signature,
            <Status key="signature" tone={TONES[verification]}>
              {t.record.verification[verification]}
            </Status>,
          ],
          [t.record.answer, record && (record.grant ? t.grants[record.grant] : t.record.declined)],
          [t.record.answeredBy, record && placeOf(record.answeredBy, t)],
          [t.record.answeredAt, record && formats.moment(record.answeredAt)],
          [t.record.agent, record?.agentId],
        ]}
      />
      <Text size="sm" mt="sm">
        {t.record.fingerprint} <code>{shown.keyFingerprint}</code>
      </Text>
      <Text size="sm" c="dimmed" mt="sm" mb="xs">
        {t.record.hints[verification]}
      </Text>
      <CopyLine label={t.record.command} text={`platen session verify ${session.id}`} />
    </div>
  );
}

function verificationOf(fits: boolean, signed: boolean | undefined): Verification {
  if (!fits || signed === false) return 'wrong';
  return signed ? 'verified' : 'unavailable';
}

function placeOf(answeredBy: AnsweredBy, { record }: Messages): string {
  if (answeredBy.where === 'approver') return record.approver(answeredBy.name, record.proofs[answeredBy.proof]);
  if (answeredBy.where === 'condition')
    return answeredBy.conditionId === null ? record.noCondition : record.condition(answeredBy.conditionId);
  return record.places[answeredBy.where];
}
