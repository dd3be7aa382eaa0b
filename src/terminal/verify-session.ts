import type { SessionWithSteps } from '../protocol/api';
import type { AnsweredBy, ApprovalRecord } from '../protocol/approval-record';
import { spkiPin } from '../protocol/names';
import { differencesFromSession, readRecord } from '../protocol/record-check';
import { fingerprintOf, hasSigned } from '../tunnel/signing-key';
import { storedLogin } from './credentials';
import { moment } from './formats';
import { readKnownAgents, rememberAgent, type AgentsOfServer } from './known-agents';
import { NoRecord, RecordNotVerified, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

export interface VerifyOptions {
  readonly key?: string;
  readonly json?: boolean;
}

/**
 * `platen session verify <id>`: verifies the approval record of a session on this computer. The server is not believed:
 * the key must be the one that `--key` names or that is remembered here; the first key of an agent is remembered.
 * @throws NoRecord, RecordNotVerified
 */
export async function verifySession(io: TerminalIo, id: string, options: VerifyOptions): Promise<void> {
  if (options.key !== undefined && !spkiPin.safeParse(options.key).success)
    throw new UsageError(
      'The fingerprint is not valid: it must have 43 characters (SHA-256 in base64url).',
      "On the agent's computer, platen agent fingerprint prints it.",
    );
  const client = await storedLogin(io);
  const { server } = client.address;
  const session = await client.session(id);
  const known = await readKnownAgents(io.env, server);
  if (!session.approvalRecord) throw missing(session, known);
  const { key } = session.approvalRecord;
  const fingerprint = fingerprintOf(key);
  const record = readRecord(session.approvalRecord.text);
  if (!record) throw forged('The record cannot be read.');
  const isNew = checkKey(record, key, options.key, known, id);
  if (!hasSigned(key, session.approvalRecord))
    throw forged('The record was changed, or was not signed by the agent: its signature is wrong.');
  const wrong = differencesFromSession(id, session, record);
  if (wrong.length > 0) throw forged(`The record is about something else. It differs in: ${wrong.join(', ')}.`);
  const { agentId, deviceId } = record;
  if (isNew) await rememberAgent(io.env, server, { agentId, deviceId, key });
  if (options.json) return io.printJson({ verified: true, keyFingerprint: fingerprint, firstUse: isNew, record });
  for (const line of lines(record, fingerprint)) io.print(line);
  if (!isNew || options.key !== undefined) return;
  io.report(`This is the first record of agent ${agentId} for this device on this computer; its key is remembered.`);
  io.report("To be sure of it, compare the fingerprint: on the agent's computer, platen agent fingerprint prints it.");
}

/** @returns whether the key, or the agent of the device, is not remembered yet */
function checkKey(
  { agentId, deviceId }: ApprovalRecord,
  key: string,
  wanted: string | undefined,
  { agents, devices }: AgentsOfServer,
  id: string,
): boolean {
  const fingerprint = fingerprintOf(key);
  if (wanted !== undefined && fingerprint !== wanted)
    throw forged(`The key of the record has another fingerprint than --key: ${fingerprint}.`);
  const keys = agents[agentId];
  const agent = devices[deviceId];
  const isNew = !keys?.includes(key) || agent !== agentId;
  if (wanted !== undefined) return isNew;
  const remedy =
    'If the agent was enrolled again or replaced, ask for the output of platen agent fingerprint on its computer. ' +
    `Only if it is the same: platen session verify ${id} --key ${fingerprint}`;
  if (agent !== undefined && agent !== agentId)
    throw new RecordNotVerified(
      `ANOTHER AGENT: device ${deviceId} was answered for by agent ${agent} before, and this record is of agent ${agentId}. The server may have made it up.`,
      remedy,
    );
  if (keys && !keys.includes(key))
    throw new RecordNotVerified(
      `THE KEY OF AGENT ${agentId} HAS CHANGED. This record has the key ${fingerprint}. The server may have made it up.`,
      remedy,
    );
  return isNew;
}

/** Without a record: why there is none, unless the agent of the device is known to sign its answers. */
function missing({ deviceId, approvedAt, id }: SessionWithSteps, { devices }: AgentsOfServer): Error {
  const agentId = devices[deviceId];
  if (approvedAt === null)
    return new NoRecord(`Session ${id} has no approval record: it was not answered at the device.`);
  if (agentId === undefined)
    return new NoRecord(`Session ${id} has no approval record: its agent does not sign answers.`);
  return forged(`Session ${id} was approved, but has no record, although agent ${agentId} signs its answers.`);
}

const forged = (message: string): RecordNotVerified =>
  new RecordNotVerified(message, 'Do not rely on this session. Report it to the person responsible for the server.');

function lines(record: ApprovalRecord, fingerprint: string): string[] {
  const { asker, answeredBy } = record;
  const answer = record.decision === 'approved' ? GRANTED[record.grant ?? 'operate'] : 'declined';
  return [
    `Verified     signed with the key of agent ${record.agentId}`,
    `Fingerprint  ${fingerprint}`,
    `Session      ${record.remoteSessionId}`,
    `Asked by     ${asker.name} (${asker.kind} ${asker.id})`,
    `Asked for    device ${record.deviceId}, application ${record.applicationId}, ${record.minutes} minutes`,
    `Reason       ${record.reason}`,
    `Answer       ${answer}`,
    `Answered by  ${placeOf(answeredBy)}`,
    `Answered at  ${moment(record.answeredAt)}, by the clock of the agent`,
  ];
}

const GRANTED = { operate: 'approved, full control', view: 'approved, view only' } as const;

export const placeOf = (by: AnsweredBy): string => PLACES[by.where](by as never);

const PLACES: { [Where in AnsweredBy['where']]: (by: Extract<AnsweredBy, { where: Where }>) => string } = {
  display: () => 'the person at the display of the device',
  'local-page': () => "the person at the agent's page on its own computer",
  approver: ({ name, proof }) => `approver ${name}, ${proof === 'pin' ? 'with a PIN' : 'with a passkey'}`,
  condition: ({ conditionId }) =>
    conditionId === null ? 'the agent: no access condition permits it' : `access condition ${conditionId}`,
};
