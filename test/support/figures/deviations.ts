import type { LogLine } from '../../../src/demo/programs';
import type { Step } from '../../../src/protocol/steps';
import { FIGURES, NOT_IN_FIGURES, PROGRAMS, type FigureName, type Lifeline, type Row } from './figures';

/** What happens to some subjects. */
export interface Story {
  /** Figures, whole or in part: `Fig. 8`, `Fig. 16: S311-S312 S317`. */
  readonly figures: readonly string[];
  /** The program that is the terminal; for a browser, the server is. */
  readonly terminal?: 'terminal' | 'server';
}

/** The lines with steps of subjects (IDs of sessions, jobs, deployments), and those before a subject has its ID. */
export const linesOf = (lines: readonly LogLine[], subjects: readonly string[]): LogLine[] =>
  lines.filter((line) => line.step && [undefined, ...subjects].includes(subjectOf(line)));

const subjectOf = ({ remoteSessionId, jobId, deploymentId }: LogLine): string | undefined =>
  (remoteSessionId ?? jobId ?? deploymentId) as string | undefined;

interface ShownFigure {
  readonly name: FigureName;
  readonly rows: readonly Row[];
}

/**
 * Compares the steps that all programs have logged with the figures. Required is what the figures require: each program
 * takes its steps in the order of its lifeline, and what an arrow leads to comes after what it leads from. What is in
 * parallel has no order. Lines of one process are compared by their order in its log, others by their time: the clocks of
 * the programs agree within a few microseconds (journal/wall-clock.ts), and a message takes longer than that.
 * @param lines of one story, those of each program in their order
 * @returns what is missing, too early, or of no figure of the story
 */
export function deviations(lines: readonly LogLine[], { figures, terminal = 'terminal' }: Story): string[] {
  const shown = figures.map(figureOf);
  const own = new Set(shown.flatMap(({ rows }) => rows).flatMap((row) => (row.isReference ? [] : row.step)));
  const found = shown.flatMap((figure) => deviationsFrom(figure, own, lines, (at) => programOf(at, terminal)));
  const others = lines.filter(
    (line) => subjectOf(line) && !(line.step! in NOT_IN_FIGURES) && !isOfAny(shown, line, terminal),
  );
  return [
    ...new Set([...found, ...others.map(({ step, program }) => `${step} of the ${program} is in no figure here`)]),
  ];
}

function deviationsFrom(
  { name, rows }: ShownFigure,
  own: ReadonlySet<Step>,
  lines: readonly LogLine[],
  programAt: (lifeline: Lifeline) => string,
): string[] {
  const found: string[] = [];
  /** The latest lines that every further step of a lifeline has to come after. */
  const latest = new Map<Lifeline, readonly LogLine[]>();
  const reach = (lifeline: Lifeline, { step, loggedBy }: Row, after: readonly LogLine[]): void => {
    latest.set(lifeline, after);
    if (!loggedBy.includes(lifeline)) return;
    const program = programAt(lifeline);
    const line = lines.find((each) => each.step === step && each.program === program);
    if (!line) return void found.push(`${name}: ${step} is missing in the log of the ${program}`);
    for (const earlier of after)
      if (!isInOrder(lines, earlier, line))
        found.push(`${name}: ${step} of the ${program} comes before ${earlier.step} of the ${earlier.program}`);
    latest.set(lifeline, [line]);
  };
  for (const row of rows) {
    if (row.isReference && !own.has(row.step)) continue;
    const { from, to } = row;
    reach(from, row, latest.get(from) ?? []);
    if (to) reach(to, row, [...new Set([...(latest.get(to) ?? []), ...latest.get(from)!])]);
  }
  return found;
}

const isOfAny = (shown: readonly ShownFigure[], { step, program }: LogLine, terminal: string): boolean =>
  shown.some(({ rows }) =>
    rows.some(
      (row) =>
        row.step === step && !row.isReference && row.loggedBy.some((each) => programOf(each, terminal) === program),
    ),
  );

const programOf = (lifeline: Lifeline, terminal: string): string =>
  lifeline === 'terminal' ? terminal : PROGRAMS[lifeline];

function isInOrder(lines: readonly LogLine[], one: LogLine, other: LogLine): boolean {
  if (one.pid === other.pid) return lines.indexOf(one) <= lines.indexOf(other);
  return one.at <= other.at;
}

/** `Fig. 16: S311-S312 S317` */
function figureOf(text: string): ShownFigure {
  const [name, part] = text.split(': ') as [FigureName, string | undefined];
  const all = FIGURES[name];
  const ranges = (part ?? 'S000-S999').split(' ').map((range) => range.split('-'));
  const isShown = ({ step, isReference }: Row): boolean =>
    isReference || ranges.some(([first, last = first]) => step >= first! && step <= last!);
  return { name, rows: all.filter(isShown) };
}
