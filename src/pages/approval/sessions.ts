import type { z } from 'zod';
import type { PendingApproval, decisionBody, endBody, LiveSession, PastSession } from '../../protocol/approval-screen';
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
  body: z.input<typeof decisionBody> | z.input<typeof endBody>,
  buttons: readonly HTMLButtonElement[],
) => void;

/** The question whether a technician may use the device, with YES and NO. */
export function approvalRequest(session: PendingApproval, texts: Messages, post: Post): HTMLElement {
  const buttons: HTMLButtonElement[] = [];
  const choice = (name: string, label: string, meaning: string, answer: z.input<typeof decisionBody>) => {
    const attributes = { type: 'button', class: name, disabled: true };
    const made = element('button', attributes, element('b', {}, label), meaning);
    made.onclick = () => post(`/approvals/${session.remoteSessionId}`, answer, buttons);
    buttons.push(made);
    return made;
  };
  const yes = choice('yes', texts.yes, texts.yesMeans, { decision: 'approved', grant: 'operate' });
  const also = choice('yes also', fill(texts.also, { minutes: ALSO_MINUTES }), texts.alsoMeans, {
    decision: 'approved',
    grant: 'operate',
    alsoForMinutes: ALSO_MINUTES,
  });
  const view = session.viewable && choice('view', texts.view, texts.viewMeans, { decision: 'approved', grant: 'view' });
  const no = choice('no', texts.no, texts.noMeans, { decision: 'declined' });
  setTimeout(() => {
    for (const button of buttons) button.disabled = false;
  }, ARM_MS);

  const device = session.deviceName + (session.location ? ` – ${session.location}` : '');
  return element(
    'article',
    { class: 'approval', tabindex: -1, role: 'alertdialog', 'aria-labelledby': 'question' },
    element('h2', { id: 'question' }, fill(texts.question, { user: session.userName })),
    element(
      'dl',
      {},
      ...[element('dt', {}, texts.application), element('dd', {}, session.applicationTitle)],
      ...[element('dt', {}, texts.device), element('dd', {}, device)],
      ...[element('dt', {}, texts.reason), element('dd', { class: 'why' }, session.reason)],
      ...[element('dt', {}, texts.duration), element('dd', {}, fill(texts.minutes, { minutes: session.minutes }))],
    ),
    element(
      'p',
      { class: 'left' },
      ...[texts.unanswered, ' ', countdown(session.answerBefore)],
      element('span', { class: 'more' }),
    ),
    countdownBar(session.answerBefore),
    element('div', { class: 'buttons' }, yes, also, view, no),
  );
}

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
