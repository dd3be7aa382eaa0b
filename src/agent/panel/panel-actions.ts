import type { z } from 'zod';
import type { AnsweredBy } from '../../protocol/approval-record';
import { decisionBody, endBody, type PanelView } from '../../protocol/approval-screen';
import type { Decision } from '../sessions/agent-session';

/** What the pages of the agent need of it. */
export interface PanelActions {
  view(): PanelView;
  /** @throws ProblemError */
  decide(remoteSessionId: string, answer: Decision): void;
  /** @throws ProblemError */
  end(remoteSessionId: string): void;
}

/** What a person does on a page. */
export type PanelAction =
  | { readonly do: 'decide'; readonly remoteSessionId: string; readonly answer: z.output<typeof decisionBody> }
  | { readonly do: 'end'; readonly remoteSessionId: string };

const ACTION = /^\/(approvals|sessions)\/([0-9a-f-]{36})(\/end)?$/;

/** The reader of the body that is posted to a path; it throws a ZodError. undefined: no such action. */
export function panelActionAt(path: string): ((body: unknown) => PanelAction) | undefined {
  const [, kind, remoteSessionId, end] = ACTION.exec(path) ?? [];
  if (remoteSessionId === undefined) return undefined;
  if (kind === 'sessions' && end !== undefined) return (body) => (endBody.parse(body), { do: 'end', remoteSessionId });
  if (kind === 'approvals' && end === undefined)
    return (body) => ({ do: 'decide', remoteSessionId, answer: decisionBody.parse(body) });
  return undefined;
}

/** @throws ProblemError */
export function perform(action: PanelAction, by: AnsweredBy, actions: PanelActions): void {
  if (action.do === 'end') actions.end(action.remoteSessionId);
  else actions.decide(action.remoteSessionId, { ...action.answer, answeredBy: by });
}
