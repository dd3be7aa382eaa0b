import { DENIALS } from '../../protocol/access-conditions';
import type { Button, Dialog, Pane, Picture, Row } from '../../protocol/simulated-mfp';
import { pagedList } from '../panel/screens/paged-list';
import { accessText, askerText, plain, timeText, useText, whenText } from './condition-text';
import { draftTitle, drawDraft } from './condition-wizard';
import { ALSO_FOR_MINUTES, openRequests, secondsLeft, type OwnFacts, type OwnScreen, type View } from './own-screen';
import type { ReceivedState } from './remote-access';

/** The picture of the device's own display: the shared one, with what belongs to the device's owner over it. */
export function ownPicture(shared: Picture, screen: OwnScreen, facts: OwnFacts): Picture {
  const { state } = facts;
  const dialog = approvalDialog(screen, facts);
  const live = state?.live ?? [];
  const base = screen.view
    ? { ...shared, screen: 'access' as const, ...drawView(screen.view, facts), dialog: null }
    : { ...shared, panes: shared.screen === 'home' ? withTile(shared.panes, state) : shared.panes };
  return {
    ...base,
    awake: shared.awake || dialog !== null || live.length > 0 || screen.view !== null,
    message: screen.message ?? base.message,
    dialog: dialog ?? base.dialog,
    live: live.length === 0 ? null : liveBar(live),
  };
}

function withTile(panes: Pane[], state: ReceivedState | undefined): Pane[] {
  const note = state ? undefined : 'not available';
  const tile: Button = { target: 'access:conditions', label: 'Remote access', icon: 'access', note };
  return panes.map((pane) => ({
    ...pane,
    widgets: pane.widgets.map((each) => (each.kind === 'tiles' ? { ...each, tiles: [...each.tiles, tile] } : each)),
  }));
}

/** Fig. 11. */
function approvalDialog(screen: OwnScreen, facts: OwnFacts): Dialog | null {
  const requests = openRequests(screen, facts);
  const request = requests.find(({ remoteSessionId }) => remoteSessionId === screen.asking?.id);
  const { state, now } = facts;
  if (!request || !state) return null;
  const { remoteSessionId: id, asker, applicationTitle, reason, minutes, viewable, answerWithinSeconds } = request;
  const left = secondsLeft(answerWithinSeconds, state.receivedAt, now);
  const more = requests.length > 1 ? `${requests.length - 1} more waiting. ` : '';
  return {
    tone: 'ask',
    title: 'Permit remote access?',
    text: '',
    facts: [
      ['Who', askerText(asker)],
      ['From', plain(state.server)],
      ['Access to', plain(applicationTitle)],
      ['For', minutes === 1 ? '1 minute at most' : `${minutes} minutes at most`],
      // last, so that a long one hides nothing
      ['Reason', plain(reason) || '-'],
    ],
    note: `${more}Answer within ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`,
    steps: [],
    actions: [
      { target: `access-yes:${id}`, label: 'YES', tone: 'start' },
      ...(viewable ? [{ target: `access-view:${id}`, label: 'View only' }] : []),
      { target: `access-no:${id}`, label: 'NO', tone: 'danger' },
      { target: `access-longer:${id}`, label: `YES, also for the next ${ALSO_FOR_MINUTES} minutes`, tone: 'wide' },
    ],
  };
}

type LiveSession = ReceivedState['live'][number];

const sessionText = ({ asker, applicationTitle, grant }: LiveSession): string =>
  `${plain(asker.name)}: ${plain(applicationTitle)}${grant === 'view' ? ', view only' : ''}`;

function liveBar(live: readonly LiveSession[]): Picture['live'] {
  const [first] = live;
  if (live.length === 1)
    return {
      text: `Remote access: ${sessionText(first!)}`,
      action: { target: `access-end:${first!.remoteSessionId}`, label: 'End now', tone: 'danger' },
    };
  return {
    text: `Remote access: ${live.length} sessions`,
    action: { target: 'access:sessions', label: 'Show', tone: 'danger' },
  };
}

function drawView(view: View, facts: OwnFacts): Pick<Picture, 'title' | 'panes'> {
  const { state, timeOfDay } = facts;
  if (!state)
    return {
      title: 'Remote access',
      panes: [textPane('Remote access is not available: the agent of this device does not answer.')],
    };
  switch (view.name) {
    case 'conditions':
      return { title: 'Access conditions', panes: conditionPanes(view.page, state) };
    case 'condition':
      return { title: 'Access condition', panes: conditionPane(view.id, state) };
    case 'sessions':
      return { title: 'Remote sessions', panes: sessionPanes(view.page, state) };
    case 'denials':
      return { title: 'Denied access', panes: denialPanes(view.page, state) };
    case 'draft':
      return { title: draftTitle(view.draft), panes: drawDraft(view.draft, state, timeOfDay) };
  }
}

const textPane = (text: string): Pane => ({ size: 1, widgets: [{ kind: 'text', text }] });
const actions = (...all: Button[]): Pane => ({ size: 3, widgets: [{ kind: 'actions', actions: all }] });
const BACK: Button = { target: 'access:conditions', label: 'Back' };

function listPane<T>(items: readonly T[], page: number, toRow: (item: T) => Row, empty: string): Pane {
  return { size: 7, widgets: [pagedList(items, page, toRow, empty, undefined, 'access-page')] };
}

function conditionPanes(page: number, { conditions, applications, live, denials }: ReceivedState): Pane[] {
  const toRow = ({ id, who, access, ...rest }: ReceivedState['conditions'][number]): Row => ({
    target: `access-condition:${id}`,
    text: `${plain(who.name)}: ${accessText(access, applications)}`,
    detail: `${whenText(rest)}; ${useText(rest)}`,
  });
  const empty = 'Each access needs a YES here. Set a condition to permit someone access without it.';
  const buttons: Button[] = [
    { target: 'access:sessions', label: `Sessions (${live.length})` },
    { target: 'access:denials', label: `Denied (${denials.length})` },
    { target: 'access:new', label: 'New condition', tone: 'primary' },
  ];
  return [listPane(conditions, page, toRow, empty), actions(...buttons)];
}

function conditionPane(wanted: string, { conditions, applications }: ReceivedState): Pane[] {
  const condition = conditions.find(({ id }) => id === wanted);
  if (!condition) return [textPane('This condition has been revoked.'), actions(BACK)];
  const facts: [string, string][] = [
    ['Who', askerText(condition.who)],
    ['What', accessText(condition.access, applications)],
    ['When', whenText(condition)],
    ['Use', useText(condition)],
    ['Set', `${timeText(condition.setAt)}, ${plain(condition.setBy)}`],
  ];
  const revoke: Button = { target: `access-revoke:${wanted}`, label: 'Revoke', tone: 'danger' };
  return [{ size: 7, widgets: [{ kind: 'facts', label: 'Without a YES for each', facts }] }, actions(BACK, revoke)];
}

function sessionPanes(page: number, { live }: ReceivedState): Pane[] {
  const toRow = (session: LiveSession): Row => ({
    target: `access-end:${session.remoteSessionId}`,
    text: sessionText(session),
    detail: 'Touch to end this session now',
  });
  return [listPane(live, page, toRow, 'There is no remote session.'), actions(BACK)];
}

function denialPanes(page: number, { denials }: ReceivedState): Pane[] {
  const toRow = ({ at, asker, what, reason }: ReceivedState['denials'][number]): Row => ({
    text: `${plain(asker.name)}: ${plain(what)}`,
    detail: `${timeText(at)}. ${DENIALS[reason]}`,
    tone: 'warn',
  });
  const list = listPane(denials, page, toRow, 'No access has been denied.');
  return [{ ...list, size: 14 }, actions(BACK)];
}
