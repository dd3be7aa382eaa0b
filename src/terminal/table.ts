export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Minimum width on a terminal that is too narrow for whole values. */
  readonly width: number;
}

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim() || '-';
const cut = (text: string, width: number): string => {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
};
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - [...text].length));
const GAP = '  ';

/**
 * Formats aligned lines, titles first. Columns are as wide as their values.
 * @param room width of the terminal, to which values are cut; undefined: nothing is cut
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], room?: number): string[] {
  const lines = [columns.map(({ title }) => title)];
  for (const row of rows) lines.push(columns.map(({ value }) => plain(value(row))));
  const natural = columns.map((_, index) => Math.max(...lines.map((line) => [...(line[index] ?? '')].length)));
  const widths = room === undefined ? natural : fitted(natural, columns, room - GAP.length * (columns.length - 1));
  return lines.map((line) =>
    line
      .map((cell, index) => pad(cut(cell, widths[index] ?? 0), widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** Every column gets its minimum width; the remaining width is given to the columns from left to right. */
function fitted(natural: readonly number[], columns: readonly Column<never>[], room: number): number[] {
  const widths = natural.map((width, index) => Math.min(width, columns[index]?.width ?? width));
  let left = room - widths.reduce((sum, width) => sum + width, 0);
  return widths.map((width, index) => {
    const more = Math.max(0, Math.min(left, (natural[index] ?? width) - width));
    left -= more;
    return width + more;
  });
}
