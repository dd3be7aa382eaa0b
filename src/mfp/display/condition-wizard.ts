import type { BoxOperation, NewAccessCondition, PermittedAccess, WeeklyHours } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import type { DisplayState } from '../../protocol/device-display';
import { toInstant } from '../../protocol/names';
import type { Pane, Row, Widget } from '../../protocol/simulated-mfp';
import { pagedList, turnPage } from '../panel/screens/paged-list';
import { accessText, askerText, plain, whenText } from './condition-text';

const HOUR_MS = 60 * 60_000;
/** What a condition can be for. */
type Thing = { kind: 'session'; id: string; title: string; viewable: boolean } | { kind: 'box'; box: string | null };

export const STEPS = ['who', 'what', 'how', 'when', 'often', 'check'] as const;

/** A condition that is being composed. The lists are those of the start, so that a row stays what it was. */
export interface Draft {
  readonly step: (typeof STEPS)[number];
  readonly page: number;
  readonly askers: readonly Asker[];
  readonly things: readonly Thing[];
  readonly who: number | null;
  readonly what: number | null;
  readonly viewOnly: boolean;
  readonly operations: readonly BoxOperation[];
  readonly when: number;
  readonly duration: number;
  /** Hours of the day. */
  readonly from: number;
  readonly until: number;
  readonly often: number;
}

const OPERATIONS: readonly (readonly [BoxOperation, string, string])[] = [
  ['list', 'List', 'See the names of documents'],
  ['get', 'Read', 'Fetch documents'],
  ['put', 'Store', 'Add and replace documents'],
  ['delete', 'Delete', 'Remove documents'],
];
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const WHEN: readonly { text: string; detail: string; days?: readonly number[]; limited?: true }[] = [
  { text: 'Always', detail: 'Until you revoke it' },
  { text: 'For a limited time', detail: 'It ends automatically', limited: true },
  { text: 'Every day', detail: 'At certain hours', days: EVERY_DAY },
  { text: 'Monday to Friday', detail: 'At certain hours', days: EVERY_DAY.slice(0, 5) },
  { text: 'Saturday and Sunday', detail: 'At certain hours', days: EVERY_DAY.slice(5) },
];
const DURATIONS: readonly (readonly [string, number])[] = [
  ['1 hour', HOUR_MS],
  ['4 hours', 4 * HOUR_MS],
  ['1 day', 24 * HOUR_MS],
  ['7 days', 7 * 24 * HOUR_MS],
  ['30 days', 30 * 24 * HOUR_MS],
];
const OFTEN: readonly (number | null)[] = [null, 1, 2, 3, 5, 10, 20, 50, 100, 1000];

export function newDraft(state: DisplayState, boxes: readonly string[]): Draft {
  const ownBoxes = boxes.length > 0 ? boxes : state.boxes;
  const things: Thing[] = [
    ...state.applications.map((each) => ({ kind: 'session' as const, ...each })),
    ...ownBoxes.map((box) => ({ kind: 'box' as const, box })),
    ...(ownBoxes.length > 0 ? [{ kind: 'box' as const, box: null }] : []),
  ];
  return {
    ...{ step: 'who', page: 0, askers: state.askers, things, who: null, what: null },
    ...{ viewOnly: false, operations: ['list', 'get'], when: 0, duration: 0, from: 8, until: 18, often: 0 },
  };
}

/** The condition of a complete draft. @param now epoch milliseconds */
export function conditionOf(draft: Draft, now: number): NewAccessCondition | undefined {
  const who = draft.askers[draft.who ?? -1];
  const access = accessOf(draft);
  const when = WHEN[draft.when];
  if (!who || !access || !when) return undefined;
  const hours: WeeklyHours[] = when.days
    ? [{ days: [...when.days], from: hourText(draft.from), until: hourText(draft.until) }]
    : [];
  const until = when.limited ? toInstant(now + DURATIONS[draft.duration]![1]) : null;
  return { who, access, from: null, until, hours, times: OFTEN[draft.often] ?? null, bytes: null };
}

function accessOf(draft: Draft): PermittedAccess | undefined {
  const thing = draft.things[draft.what ?? -1];
  if (thing?.kind === 'session') {
    const grant = draft.viewOnly && thing.viewable ? 'view' : 'operate';
    return { kind: 'session', applications: [thing.id], grant };
  }
  if (!thing || draft.operations.length === 0) return undefined;
  return { kind: 'box', box: thing.box, operations: [...draft.operations] };
}

/** Whether the present step is answered. */
const isAnswered = (draft: Draft): boolean =>
  draft.step === 'who' ? draft.who !== null : draft.step === 'what' ? draft.what !== null : !!accessOf(draft);

/** The draft after a touch; undefined: it was left. `row` and the others are the arguments of the targets below. */
export function editDraft(draft: Draft, verb: string, argument: string): Draft | undefined {
  switch (verb) {
    case 'access-step': {
      const at = STEPS.indexOf(draft.step) + (argument === 'next' ? 1 : -1);
      if (argument === 'next' && !isAnswered(draft)) return draft;
      return at < 0 ? undefined : { ...draft, step: STEPS[at] ?? draft.step, page: 0 };
    }
    case 'access-page':
      return { ...draft, page: turnPage(draft.page, argument, rowsOf(draft).length) ?? draft.page };
    case 'access-row':
      return rowsOf(draft)[Number(argument)] ? pick(draft, Number(argument)) : draft;
    case 'access-less':
    case 'access-more':
      return adjust(draft, argument, verb === 'access-more' ? 1 : -1);
    default:
      return draft;
  }
}

function pick(draft: Draft, row: number): Draft {
  switch (draft.step) {
    case 'who':
      return { ...draft, who: row };
    case 'what':
      return { ...draft, what: row, viewOnly: false };
    case 'how': {
      if (draft.things[draft.what ?? -1]?.kind === 'session') return { ...draft, viewOnly: row === 1 };
      const [operation] = OPERATIONS[row]!;
      const chosen = draft.operations.includes(operation);
      const wanted = (each: BoxOperation) => (each === operation ? !chosen : draft.operations.includes(each));
      return { ...draft, operations: OPERATIONS.map(([each]) => each).filter(wanted) };
    }
    case 'when':
      return { ...draft, when: row };
    default:
      return draft;
  }
}

function adjust(draft: Draft, field: string, by: number): Draft {
  const within = (value: number, count: number) => Math.min(count - 1, Math.max(0, value));
  switch (field) {
    case 'duration':
      return { ...draft, duration: within(draft.duration + by, DURATIONS.length) };
    case 'often':
      return { ...draft, often: within(draft.often + by, OFTEN.length) };
    case 'from':
    case 'until':
      return { ...draft, [field]: (draft[field] + by + 24) % 24 };
    default:
      return draft;
  }
}

const TITLES: Record<Draft['step'], string> = {
  who: 'Who may have access?',
  what: 'Access to what?',
  how: 'What is permitted?',
  when: 'When?',
  often: 'How often?',
  check: 'Set this condition?',
};

export const draftTitle = ({ step }: Draft): string => `${STEPS.indexOf(step) + 1} of ${STEPS.length}: ${TITLES[step]}`;

export function drawDraft(draft: Draft, state: DisplayState, now: number): Pane[] {
  const { step } = draft;
  const next = { target: 'access-step:next', label: 'Next', tone: 'primary' as const, disabled: !isAnswered(draft) };
  const set = { target: 'access:set', label: 'SET', tone: 'start' as const };
  const back = { target: 'access-step:back', label: step === 'who' ? 'Cancel' : 'Back' };
  return [
    { size: 7, widgets: [step === 'often' || step === 'check' ? single(draft, state, now) : list(draft)] },
    ...(step === 'when' && draft.when > 0 ? [{ size: 5, widgets: timeSteppers(draft) }] : []),
    { size: 3, widgets: [{ kind: 'actions', actions: [back, step === 'check' ? set : next] }] },
  ];
}

const EMPTY = {
  who: 'No one has asked for access yet. A person or service that has asked once can be chosen here.',
  what: 'The agent offers nothing of this device.',
};

function list(draft: Draft): Widget {
  const empty = draft.step === 'who' ? EMPTY.who : EMPTY.what;
  return pagedList(rowsOf(draft), draft.page, (row) => row, empty, undefined, 'access-page');
}

function rowsOf(draft: Draft): Row[] {
  const row = (index: number, text: string, detail: string, pressed: boolean): Row => {
    return { target: `access-row:${index}`, text, detail, pressed };
  };
  switch (draft.step) {
    case 'who':
      return draft.askers.map(({ kind, id, name }, index) =>
        row(
          index,
          plain(name),
          `${kind === 'user' ? 'Person, user ID' : 'Service,'} ${plain(id)}`,
          index === draft.who,
        ),
      );
    case 'what':
      return draft.things.map((thing, index) => row(index, ...thingText(thing), index === draft.what));
    case 'how': {
      const thing = draft.things[draft.what ?? -1];
      if (thing?.kind === 'session')
        return [
          row(0, 'Operate', 'Sessions start without YES, with full control', !draft.viewOnly),
          ...(thing.viewable ? [row(1, 'View only', 'Sessions start without YES, without input', draft.viewOnly)] : []),
        ];
      return OPERATIONS.map(([operation, text, detail], index) =>
        row(index, text, detail, draft.operations.includes(operation)),
      );
    }
    case 'when':
      return WHEN.map(({ text, detail }, index) => row(index, text, detail, index === draft.when));
    default:
      return [];
  }
}

function thingText(thing: Thing): [text: string, detail: string] {
  if (thing.kind === 'session') return [plain(thing.title), 'Sessions without YES'];
  return thing.box === null ? ['All document boxes', 'Documents'] : [thing.box, 'Document box'];
}

function single(draft: Draft, state: DisplayState, now: number): Widget {
  if (draft.step === 'often') return stepper('Number of times', 'often', oftenText(draft));
  const condition = conditionOf(draft, now);
  const facts: [string, string][] = condition
    ? [
        ['Who', askerText(condition.who)],
        ['What', accessText(condition.access, state.applications)],
        ['When', whenText(condition)],
        ['How often', oftenText(draft)],
      ]
    : [];
  return { kind: 'facts', label: 'Without a YES for each', facts };
}

function timeSteppers(draft: Draft): Widget[] {
  if (WHEN[draft.when]?.limited) return [stepper('For', 'duration', DURATIONS[draft.duration]![0])];
  return [stepper('From', 'from', hourText(draft.from)), stepper('Until', 'until', hourText(draft.until))];
}

const oftenText = ({ often }: Draft): string => {
  const times = OFTEN[often];
  return times == null ? 'Any number' : times === 1 ? 'Once' : `${times} times`;
};
const hourText = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
const stepper = (label: string, field: string, value: string): Widget => ({
  kind: 'stepper',
  label,
  value,
  less: { target: `access-less:${field}`, label: `Less: ${label}`, icon: 'minus' },
  more: { target: `access-more:${field}`, label: `More: ${label}`, icon: 'plus' },
});
