import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Aligned right. */
  readonly numeric?: boolean;
  /** Its title is hidden, because it would only repeat the buttons in the column. */
  readonly untitled?: boolean;
  /** The rows can be sorted by this column, and are in this order. */
  readonly onSort?: () => void;
  readonly sorted?: 'asc' | 'desc';
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
          {columns.map(({ title, numeric, untitled, onSort, sorted }) => (
            <th
              key={title}
              scope="col"
              className={numeric ? 'numeric' : undefined}
              aria-sort={sorted && (sorted === 'asc' ? 'ascending' : 'descending')}
            >
              {untitled ? (
                <span className="unseen">{title}</span>
              ) : onSort ? (
                <button type="button" className={`sort ${sorted ?? ''}`} onClick={onSort}>
                  {title}
                </button>
              ) : (
                title
              )}
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
