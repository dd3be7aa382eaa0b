import { ADMINISTRATION_MESSAGES } from '../approvers/messages';
import type { PanelView } from '../../protocol/approval-screen';
import { byId } from '../elements';
import { showConditions } from './conditions';
import { MESSAGES, type Language } from './messages';
import { showOrigins } from './origins';
import { showEvents, startScreen } from './screen';

/** The local page of the agent: the approval screen without login, on its own computer only. */
async function send(path: string, body: object): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
  // 404 and 409: another page was faster; the next event shows the outcome
  return answer !== undefined && (answer.ok || answer.status === 404 || answer.status === 409);
}

async function change(path: string, body: object): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
  if (answer?.ok) return undefined;
  const problem = (await answer?.json().catch(() => undefined)) as { detail?: string } | undefined;
  return problem?.detail ?? MESSAGES[language].failed;
}

let language: Language;
let view: PanelView | undefined;

function show(state: PanelView): void {
  showConditions(state, language, change, true);
  showOrigins(state, language, change, true);
}

function showLanguage(chosen: Language): void {
  language = chosen;
  byId('approvers').textContent = ADMINISTRATION_MESSAGES[language].title;
  if (view) show(view);
}

showLanguage(
  startScreen({
    send,
    shown: (state) => {
      view = state;
      show(state);
      return state;
    },
    onLanguage: showLanguage,
  }),
);
showEvents();
