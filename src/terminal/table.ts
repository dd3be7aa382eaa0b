export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Longer values are cut. */
  readonly width: number;
}

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim() || '-';
const cut = (text: string, width: number): string => {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
};
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - [...text].length));

/** Aligned lines, the titles first; columns are as wide as they need to be and two spaces apart. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const lines = [columns.map(({ title }) => title)];
  for (const row of rows) lines.push(columns.map(({ value, width }) => cut(plain(value(row)), width)));
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => [...(line[index] ?? '')].length)));
  return lines.map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
