import type { DisplayInput } from '../../protocol/device-display';
import type { Message, PanelInput } from '../../protocol/simulated-mfp';
import { MFP_LIMITS } from '../mfp-limits';
import { turnPage } from '../panel/screens/paged-list';
import { conditionOf, editDraft, newDraft, type Draft } from './condition-wizard';
import type { ReceivedState } from './remote-access';

/** YES also for further requests of the same asker and application. */
export const ALSO_FOR_MINUTES = 30;

export type View =
  | { readonly name: 'conditions' | 'sessions' | 'denials'; readonly page: number }
  | { readonly name: 'condition'; readonly id: string }
  | { readonly name: 'draft'; readonly draft: Draft };

/** What only the device's own display shows, over the screen that all displays share. */
export interface OwnScreen {
  /** null: the shared screen. */
  readonly view: View | null;
  /** Requests that were answered here and that the agent still lists. */
  readonly answered: readonly string[];
  /** The request whose dialog is shown, and since when: a dialog that has just appeared takes no answer. */
  readonly asking: { readonly id: string; readonly since: number } | null;
  readonly message: Message | null;
}

export const FIRST_OWN_SCREEN: OwnScreen = { view: null, answered: [], asking: null, message: null };

/** `now` is on the clock of `performance.now`, `timeOfDay` epoch milliseconds. */
export interface OwnFacts {
  /** undefined: remote access is not available. */
  readonly state: ReceivedState | undefined;
  readonly boxes: readonly string[];
  readonly now: number;
  readonly timeOfDay: number;
}

/** Input of the device's own display for remote access, which no other display may send. */
export const isOwnInput = (input: PanelInput): boolean => input.type === 'touch' && input.target.startsWith('access');

/** Requests to show, oldest first. */
export function openRequests({ answered }: OwnScreen, { state, now }: OwnFacts): ReceivedState['asking'] {
  return (state?.asking ?? []).filter(
    ({ remoteSessionId, answerWithinSeconds }) =>
      !answered.includes(remoteSessionId) && secondsLeft(answerWithinSeconds, state!.receivedAt, now) > 0,
  );
}

export const secondsLeft = (seconds: number, receivedAt: number, now: number): number =>
  Math.max(0, Math.ceil(seconds - (now - receivedAt) / 1000));

/** After a new state, and as time passes. */
export function refresh(screen: OwnScreen, facts: OwnFacts): OwnScreen {
  const { state, now } = facts;
  const answered = screen.answered.filter((id) => state?.asking.some(({ remoteSessionId }) => remoteSessionId === id));
  const id = openRequests({ ...screen, answered }, facts)[0]?.remoteSessionId;
  const asking = id === undefined ? null : screen.asking?.id === id ? screen.asking : { id, since: now };
  // without the agent, nothing stale may be pressed
  const view = state || screen.view === null ? screen.view : ({ name: 'conditions', page: 0 } as const);
  return { ...screen, view, answered, asking };
}

export interface OwnStep {
  readonly screen: OwnScreen;
  readonly input?: DisplayInput;
  /** The touch is for the screen that all displays share. */
  readonly shared?: true;
}

/** One touch or key of the device's own display. Pure. */
export function touch(shown: OwnScreen, touched: PanelInput, facts: OwnFacts): OwnStep {
  const screen: OwnScreen = { ...shown, message: null };
  if (touched.type === 'key') {
    if (touched.key === 'stop') return { screen: shown, shared: true };
    if (shown.asking) return { screen: shown };
    const leaves = touched.key === 'reset' || touched.key === 'sleep';
    if (screen.view) return { screen: leaves ? { ...screen, view: null } : shown, shared: leaves || undefined };
    return { screen, shared: true };
  }
  const [verb = '', argument = ''] = touched.target.split(':');
  if (shown.asking) return answer(shown, verb, argument, facts);
  if (verb === 'access-end') {
    const live = facts.state?.live.some(({ remoteSessionId }) => remoteSessionId === argument);
    return live ? { screen, input: { do: 'end', remoteSessionId: argument } } : { screen };
  }
  if (verb === 'access') return open(screen, argument, facts);
  if (verb.startsWith('access-'))
    return { screen: inView(screen, verb, argument, facts), ...inputIn(shown, verb, argument, facts) };
  if (!screen.view) return { screen, shared: true };
  return { screen: touched.target === 'open:home' ? { ...screen, view: null } : shown };
}

function answer(screen: OwnScreen, verb: string, id: string, facts: OwnFacts): OwnStep {
  const { asking } = screen;
  const request = openRequests(screen, facts).find(({ remoteSessionId }) => remoteSessionId === asking?.id);
  const tooSoon = asking === null || facts.now - asking.since < MFP_LIMITS.ANSWER_AFTER_MS;
  if (!request || id !== request.remoteSessionId || tooSoon) return { screen };
  const inputs: Record<string, DisplayInput | undefined> = {
    'access-yes': { do: 'approve', remoteSessionId: id, grant: 'operate' },
    'access-longer': { do: 'approve', remoteSessionId: id, grant: 'operate', alsoForMinutes: ALSO_FOR_MINUTES },
    'access-view': request.viewable ? { do: 'approve', remoteSessionId: id, grant: 'view' } : undefined,
    'access-no': { do: 'decline', remoteSessionId: id },
  };
  const input = Object.hasOwn(inputs, verb) ? inputs[verb] : undefined;
  if (!input) return { screen };
  return { screen: refresh({ ...screen, answered: [...screen.answered, id], message: null }, facts), input };
}

function open(screen: OwnScreen, what: string, facts: OwnFacts): OwnStep {
  const { state, boxes, timeOfDay } = facts;
  const { view } = screen;
  switch (what) {
    case 'conditions':
    case 'sessions':
    case 'denials':
      return { screen: { ...screen, view: { name: what, page: 0 } } };
    case 'new':
      return { screen: state ? { ...screen, view: { name: 'draft', draft: newDraft(state, boxes) } } : screen };
    case 'set': {
      const complete = view?.name === 'draft' && view.draft.step === 'check';
      const condition = complete ? conditionOf(view.draft, timeOfDay) : undefined;
      if (!state || !condition) return { screen };
      return {
        screen: { ...screen, view: { name: 'conditions', page: 0 } },
        input: { do: 'set-condition', condition },
      };
    }
    default:
      return { screen };
  }
}

function inView(screen: OwnScreen, verb: string, argument: string, { state }: OwnFacts): OwnScreen {
  const { view } = screen;
  if (!state) return screen;
  if (verb === 'access-condition' && state.conditions.some(({ id }) => id === argument))
    return { ...screen, view: { name: 'condition', id: argument } };
  if (verb === 'access-revoke') return { ...screen, view: { name: 'conditions', page: 0 } };
  if (view?.name === 'draft') {
    const draft = editDraft(view.draft, verb, argument);
    return { ...screen, view: draft ? { ...view, draft } : { name: 'conditions', page: 0 } };
  }
  if (verb !== 'access-page' || !view || view.name === 'condition') return screen;
  const count = { conditions: state.conditions, sessions: state.live, denials: state.denials }[view.name].length;
  return { ...screen, view: { ...view, page: turnPage(view.page, argument, count) ?? view.page } };
}

function inputIn({ view }: OwnScreen, verb: string, id: string, { state }: OwnFacts): Pick<OwnStep, 'input'> {
  const shown = view?.name === 'condition' && view.id === id && state?.conditions.some((each) => each.id === id);
  return verb === 'access-revoke' && shown ? { input: { do: 'revoke-condition', id } } : {};
}
