import type { z } from 'zod';
import type {
  PendingApproval,
  PendingJob,
  decisionBody,
  endBody,
  jobDecisionBody,
  LiveSession,
  PastSession,
} from '../../protocol/approval-screen';
import type { Ending } from '../../protocol/remote-session';
import { element } from '../elements';
import { countdown, countdownBar, duration } from './countdown';
import { fill, type Language, type Messages } from './messages';

/** A tap at the moment when a request appears must not answer it. */
const ARM_MS = 600;

/** YES to the same asker and application for this time. */
const ALSO_MINUTES = 30;

/** Sends an answer. The buttons are disabled unless that fails. */
export type Post = (
  path: string,
  body: z.input<typeof decisionBody> | z.input<typeof jobDecisionBody> | z.input<typeof endBody>,
  buttons: readonly HTMLButtonElement[],
) => void;

/** The question whether a technician may use the device, with YES and NO. */
export function approvalRequest(session: PendingApproval, texts: Messages, post: Post): HTMLElement {
  const choice = choices<z.input<typeof decisionBody>>(`/approvals/${session.remoteSessionId}`, post);
  const yes = choice('yes', texts.yes, texts.yesMeans, { decision: 'approved', grant: 'operate' });
  const also = choice('yes also', fill(texts.also, { minutes: ALSO_MINUTES }), texts.alsoMeans, {
    decision: 'approved',
    grant: 'operate',
    alsoForMinutes: ALSO_MINUTES,
  });
  const view = session.viewable && choice('view', texts.view, texts.viewMeans, { decision: 'approved', grant: 'view' });
  const no = choice('no', texts.no, texts.noMeans, { decision: 'declined' });
  const facts = [
    ...[element('dt', {}, texts.application), element('dd', {}, session.applicationTitle)],
    ...[element('dt', {}, texts.device), element('dd', {}, placeOf(session))],
    ...[element('dt', {}, texts.reason), element('dd', { class: 'why' }, session.reason)],
    ...[element('dt', {}, texts.duration), element('dd', {}, fill(texts.minutes, { minutes: session.minutes }))],
  ];
  const question = fill(texts.question, { user: session.userName });
  return asked(question, facts, session.answerBefore, [yes, also, view, no], texts);
}

/** The question whether a maintenance job may start, with YES and NO. */
export function jobRequest(job: PendingJob, texts: Messages, post: Post): HTMLElement {
  const choice = choices<z.input<typeof jobDecisionBody>>(`/jobs/${job.jobId}`, post);
  const yes = choice('yes', texts.yes, texts.jobYes, { decision: 'approved' });
  const no = choice('no', texts.no, texts.jobNo, { decision: 'declined' });
  const version = job.firmwareVersion;
  const settings = Object.entries(job.settings ?? {});
  const facts = [
    ...[element('dt', {}, texts.jobOf), element('dd', {}, texts.operations[job.operation])],
    ...settings.flatMap(([name, value]) => [
      element('dt', {}, (texts.settings as Partial<Record<string, string>>)[name] ?? name),
      element('dd', {}, value || '–'),
    ]),
    ...(version === null ? [] : [element('dt', {}, texts.firmwareVersion), element('dd', {}, version)]),
    ...[element('dt', {}, texts.device), element('dd', {}, placeOf(job))],
    ...[element('dt', {}, texts.requester), element('dd', {}, job.userName || texts.jobAnonymous)],
  ];
  return asked(jobQuestion(job, texts), facts, job.answerBefore, [yes, no], texts);
}

export const jobQuestion = ({ operation }: PendingJob, texts: Messages): string =>
  fill(texts.jobQuestion, { operation: texts.operations[operation] });

/** Makes the buttons of one question, which are armed together. */
function choices<Answer extends Parameters<Post>[1]>(path: string, post: Post) {
  const buttons: HTMLButtonElement[] = [];
  setTimeout(() => {
    for (const button of buttons) button.disabled = false;
  }, ARM_MS);
  return (name: string, label: string, meaning: string, answer: Answer): HTMLButtonElement => {
    const attributes = { type: 'button', class: name, disabled: true };
    const made = element('button', attributes, element('b', {}, label), meaning);
    made.onclick = () => post(path, answer, buttons);
    buttons.push(made);
    return made;
  };
}

const placeOf = ({ deviceName, location: where }: PendingApproval | PendingJob): string =>
  deviceName + (where ? ` – ${where}` : '');

const asked = (
  question: string,
  facts: readonly HTMLElement[],
  answerBefore: number,
  buttons: readonly (HTMLElement | false)[],
  texts: Messages,
): HTMLElement =>
  element(
    'article',
    { class: 'approval', tabindex: -1, role: 'alertdialog', 'aria-labelledby': 'question' },
    element('h2', { id: 'question' }, question),
    element('dl', {}, ...facts),
    element(
      'p',
      { class: 'left' },
      ...[texts.unanswered, ' ', countdown(answerBefore)],
      element('span', { class: 'more' }),
    ),
    countdownBar(answerBefore),
    element('div', { class: 'buttons' }, ...buttons),
  );

/** A reason that is too long for its place can be scrolled with the keyboard; the request takes the focus. */
export function focusRequest(request: HTMLElement): void {
  const why = request.querySelector<HTMLElement>('.why');
  if (why && why.scrollHeight > why.clientHeight) why.tabIndex = 0;
  request.focus();
}

/** The present state of a live session in one sentence. */
export function headline({ phase, grant, userName, ending }: LiveSession, texts: Messages): string {
  if (phase === 'ending') return ending === 'halted-by-deployment' ? texts.endings[ending] : texts.ending;
  const text = phase !== 'connected' ? texts.approved : grant === 'view' ? texts.viewing : texts.operating;
  return fill(text, { user: userName });
}

/** A live session, with the button that ends it. */
export function banner(session: LiveSession, texts: Messages, post: Post): HTMLElement {
  const end = element('button', { type: 'button', disabled: session.phase === 'ending' }, texts.end);
  end.onclick = () => post(`/sessions/${session.remoteSessionId}/end`, {}, [end]);
  return element(
    'div',
    { class: session.grant === 'view' ? 'banner viewing' : 'banner' },
    element('span', { class: 'dot', 'aria-hidden': 'true' }),
    element(
      'p',
      { class: 'text' },
      element('b', {}, headline(session, texts)),
      `${session.applicationTitle} – ${session.deviceName}`,
      session.draining && element('span', { class: 'draining' }, texts.draining),
    ),
    session.endsAt !== null && element('div', { class: 'remaining' }, countdown(session.endsAt), texts.left),
    end,
  );
}

/** A past session as a row of the table. */
export function pastRow(session: PastSession, language: Language, texts: Messages): HTMLElement {
  const ended = new Date(session.endedAt);
  const connected = session.connectedAt === null ? null : new Date(session.connectedAt);
  const access = connected === null ? '–' : session.grant === 'view' ? texts.viewed : texts.operated;
  const lasted = connected && duration(Math.round((ended.getTime() - connected.getTime()) / 1000));
  const cell = (text: string, detail?: string | null) =>
    element('td', {}, text, typeof detail === 'string' && element('small', {}, detail));
  return element(
    'tr',
    {},
    cell(
      ended.toLocaleDateString(language, { dateStyle: 'medium' }),
      ended.toLocaleTimeString(language, { timeStyle: 'short' }),
    ),
    cell(session.userName),
    cell(session.applicationTitle, session.deviceName),
    cell(access, lasted),
    cell(texts.endings[session.ending as Ending] ?? session.ending),
  );
}
