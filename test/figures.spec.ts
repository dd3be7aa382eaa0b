import type { LogLine } from '../src/demo/programs';
import { STEPS } from '../src/protocol/steps';
import { deviations, linesOf } from './support/figures/deviations';
import { FIGURES, NOT_IN_FIGURES, PROGRAMS, type FigureName, type Row } from './support/figures/figures';

const NAMES = Object.keys(FIGURES) as FigureName[];
const SESSION = 'a-session';

/** What the programs log when they take each step of a figure one millisecond after the other. */
const linesOfFigure = (name: FigureName): LogLine[] =>
  FIGURES[name]
    .filter(({ isReference }) => !isReference)
    .flatMap(({ step, loggedBy }) => loggedBy.map((each) => ({ step, program: PROGRAMS[each] })))
    .map((line, at) => ({ ...line, at, pid: line.program, level: 'info', msg: '', remoteSessionId: SESSION }));

/** Whether a lifeline or an arrow connects two rows that follow each other. */
const areConnected = (one: Row, next: Row): boolean =>
  [one.from, one.to].some((each) => each && [next.from, next.to].includes(each));

const moved = (lines: readonly LogLine[], row: Row, before: Row): LogLine[] => {
  const others = lines.filter(({ step }) => step !== row.step);
  const place = others.findIndex(({ step }) => step === before.step);
  const early = lines.filter(({ step }) => step === row.step).map((line) => ({ ...line, at: place - 0.5 }));
  return [...others.slice(0, place), ...early, ...others.slice(place)];
};

describe('the figures', () => {
  it('have every step, or the reason why they have not', () => {
    const shown = Object.values(FIGURES).flatMap((rows) =>
      rows.flatMap(({ step, isReference }) => (isReference ? [] : step)),
    );
    expect(new Set(shown).size).toBe(shown.length);
    expect([...shown, ...Object.keys(NOT_IN_FIGURES)].sort()).toEqual(Object.keys(STEPS).sort());
  });

  it('refer to each other with the same arrows', () => {
    const rows = Object.values(FIGURES).flat();
    for (const { step, from, to } of rows.filter(({ isReference }) => isReference))
      expect(rows.find((row) => row.step === step && !row.isReference)).toMatchObject({ from, to });
  });
});

describe('the comparison of logs with the figures', () => {
  it.each(NAMES)('finds nothing in the steps of %s in their order', (name) => {
    expect(deviations(linesOfFigure(name), { figures: [name] })).toEqual([]);
  });

  it.each(NAMES)('finds each step of %s that is missing', (name) => {
    const lines = linesOfFigure(name);
    for (const line of lines)
      expect(
        deviations(
          lines.filter((each) => each !== line),
          { figures: [name] },
        ),
      ).toEqual([`${name}: ${line.step} is missing in the log of the ${line.program}`]);
  });

  it.each(NAMES)('finds each step of %s that is taken before the one that leads to it', (name) => {
    const rows = FIGURES[name].filter(({ isReference }) => !isReference);
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1];
      if (!before || !areConnected(before, row)) continue;
      expect(deviations(moved(linesOfFigure(name), row, before), { figures: [name] })).toContainEqual(
        expect.stringMatching(`^${name}: ${row.step} .* comes before ${before.step} `),
      );
    }
  });

  it('finds a step of a figure that the story does not have, unless it is of another subject', () => {
    const lines = [...linesOfFigure('Fig. 6'), ...linesOfFigure('Fig. 7')];
    const found = deviations(lines, { figures: ['Fig. 6', 'Fig. 7: S121-S122 S124-S125'] });
    expect(found).toEqual(['S123 of the agent is in no figure here']);
    const otherwise = lines.map((line) => (line.step === 'S123' ? { ...line, remoteSessionId: 'another' } : line));
    expect(deviations(linesOf(otherwise, [SESSION]), { figures: ['Fig. 6', 'Fig. 7: S121-S122 S124-S125'] })).toEqual(
      [],
    );
  });

  it('finds a step that another program has taken', () => {
    const lines = linesOfFigure('Fig. 6').map((line) => ({ ...line, program: 'server' }));
    expect(deviations(lines, { figures: ['Fig. 6'] })).toEqual(['Fig. 6: S101 is missing in the log of the terminal']);
    expect(deviations(lines, { figures: ['Fig. 6'], terminal: 'server' })).toEqual([]);
  });

  it('has no order for what is in parallel', () => {
    const [device, terminal] = [linesOfFigure('Fig. 9'), linesOfFigure('Fig. 10')];
    const figures = ['Fig. 9', 'Fig. 10'];
    expect(deviations([...device, ...terminal], { figures })).toEqual([]);
    expect(deviations([...terminal, ...device], { figures })).toEqual([]);
  });
});
