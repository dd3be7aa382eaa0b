import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { AnsweredBy } from '../../protocol/approval-record';
import { isSigned } from '../api/record-signature';
import type { SessionWithSteps } from '../api/sessions';
import type { Messages } from '../messages/en';
import { useFormats, useText } from '../messages/language';
import { Facts } from '../parts/facts';
import { Status, type Tone } from '../parts/status';

export type Verification = 'checking' | 'verified' | 'wrong' | 'unavailable';
const TONES: Record<Verification, Tone> = { checking: 'busy', verified: 'on', wrong: 'bad', unavailable: 'off' };

/** An answer at the device, and whether the agent's signature proves it. */
export function SignedAnswer({
  shown,
  messageOf,
  record,
  fits,
  answer,
  children,
}: {
  shown: NonNullable<SessionWithSteps['approvalRecord']>;
  /** The signed text of a record. */
  messageOf: (text: string) => string;
  /** undefined: the text cannot be read. */
  record: { readonly agentId: string; readonly answeredBy: AnsweredBy; readonly answeredAt: string } | undefined;
  /** Whether the record is about what is shown with it. */
  fits: boolean;
  answer: string | undefined;
  children?: (verification: Verification) => ReactNode;
}) {
  const t = useText();
  const formats = useFormats();
  const signed = useQuery({
    queryKey: ['record-signature', shown.text, shown.signature, shown.key],
    // a query must not return undefined
    queryFn: async () => ({ signed: await isSigned(shown, messageOf) }),
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
          [t.record.answer, answer],
          [t.record.answeredBy, record && placeOf(record.answeredBy, t)],
          [t.record.answeredAt, record && formats.moment(record.answeredAt)],
          [t.record.agent, record?.agentId],
        ]}
      />
      <Text size="sm" mt="sm">
        {t.record.fingerprint} <code>{shown.keyFingerprint}</code>
      </Text>
      {children?.(verification)}
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
