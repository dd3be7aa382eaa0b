import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Aligned right. */
  readonly numeric?: boolean;
  /** Its title is hidden, because it would only repeat the buttons in the column. */
  readonly untitled?: boolean;
}

/** A table. On a narrow screen each row becomes a card that shows the column title beside each value. */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}) {
  return (
    <table className="rows" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, numeric, untitled }) => (
            <th key={title} scope="col" className={numeric ? 'numeric' : undefined}>
              {untitled ? <span className="unseen">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ title, cell, numeric, untitled }) => (
              <td key={title} className={numeric ? 'numeric' : undefined} data-title={untitled ? undefined : title}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
