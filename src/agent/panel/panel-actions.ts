import type { z } from 'zod';
import type { NewAccessCondition } from '../../protocol/access-conditions';
import type { AnsweredBy } from '../../protocol/approval-record';
import {
  conditionBody,
  decisionBody,
  endBody,
  jobDecisionBody,
  originDecisionBody,
  revocationBody,
  type PanelView,
} from '../../protocol/approval-screen';
import type { Decision } from '../sessions/agent-session';

/** What the pages of the agent need of it. */
export interface PanelActions {
  view(): PanelView;
  /** @param alsoForMinutes also YES to further requests of this asker for this application @throws ProblemError */
  decide(remoteSessionId: string, answer: Decision, alsoForMinutes?: number): Promise<void>;
  /** @throws ProblemError */
  decideJob(jobId: string, decision: 'approved' | 'declined', by: AnsweredBy): void;
  /** @throws ProblemError */
  end(remoteSessionId: string, by: AnsweredBy): void;
  /** @throws ProblemError, or the error of the file system */
  setCondition(deviceId: string, condition: NewAccessCondition, by: AnsweredBy): Promise<void>;
  /** @throws ProblemError, or the error of the file system */
  revokeCondition(id: string): Promise<void>;
  /** @throws ProblemError, or the error of the file system */
  decideOrigin(id: string, decision: 'permitted' | 'declined', by: AnsweredBy): Promise<void>;
  /** @throws ProblemError, or the error of the file system */
  revokeOrigin(id: string): Promise<void>;
  /** The device that an action is for; undefined if there is no such session, job, condition or origin. */
  deviceOf(action: PanelAction): string | undefined;
}

/** What a person does on a page. */
export type PanelAction =
  | { readonly do: 'decide'; readonly remoteSessionId: string; readonly answer: z.output<typeof decisionBody> }
  | { readonly do: 'decide-job'; readonly jobId: string; readonly decision: 'approved' | 'declined' }
  | { readonly do: 'end'; readonly remoteSessionId: string }
  | { readonly do: 'set-condition'; readonly deviceId: string; readonly condition: NewAccessCondition }
  | { readonly do: 'revoke-condition'; readonly id: string }
  | { readonly do: 'decide-origin'; readonly id: string; readonly decision: 'permitted' | 'declined' }
  | { readonly do: 'revoke-origin'; readonly id: string };

const ACTION = /^\/(approvals|jobs|sessions|conditions|origins)\/([0-9a-f-]{36})(\/end|\/revocation)?$/;

/** The reader of the body that is posted to a path; it throws a ZodError. undefined: no such action. */
export function panelActionAt(path: string): ((body: unknown) => PanelAction) | undefined {
  if (path === '/conditions') return (body) => ({ do: 'set-condition', ...conditionBody.parse(body) });
  const [, kind, id, what] = ACTION.exec(path) ?? [];
  if (id === undefined) return undefined;
  switch (`${kind}${what ?? ''}`) {
    case 'approvals':
      return (body) => ({ do: 'decide', remoteSessionId: id, answer: decisionBody.parse(body) });
    case 'jobs':
      return (body) => ({ do: 'decide-job', jobId: id, ...jobDecisionBody.parse(body) });
    case 'sessions/end':
      return (body) => (endBody.parse(body), { do: 'end', remoteSessionId: id });
    case 'conditions/revocation':
      return (body) => (revocationBody.parse(body), { do: 'revoke-condition', id });
    case 'origins':
      return (body) => ({ do: 'decide-origin', id, ...originDecisionBody.parse(body) });
    case 'origins/revocation':
      return (body) => (revocationBody.parse(body), { do: 'revoke-origin', id });
  }
  return undefined;
}

/** @throws ProblemError, or the error of the file system */
export async function perform(action: PanelAction, by: AnsweredBy, actions: PanelActions): Promise<void> {
  switch (action.do) {
    case 'decide-job':
      return actions.decideJob(action.jobId, action.decision, by);
    case 'end':
      return actions.end(action.remoteSessionId, by);
    case 'set-condition':
      return actions.setCondition(action.deviceId, action.condition, by);
    case 'revoke-condition':
      return actions.revokeCondition(action.id);
    case 'decide-origin':
      return actions.decideOrigin(action.id, action.decision, by);
    case 'revoke-origin':
      return actions.revokeOrigin(action.id);
    case 'decide': {
      if (action.answer.decision === 'declined')
        return actions.decide(action.remoteSessionId, { ...action.answer, answeredBy: by });
      const { alsoForMinutes, ...answer } = action.answer;
      return actions.decide(action.remoteSessionId, { ...answer, answeredBy: by }, alsoForMinutes);
    }
  }
}
