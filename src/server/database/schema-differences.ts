import type { DataSource, EntityMetadata, QueryRunner, Table, TableColumn } from 'typeorm';

/** They make the audit trail append-only. */
const TRIGGERS = {
  sqlite: {
    names: ['audit_events_no_update', 'audit_events_no_delete'],
    query: `SELECT name FROM sqlite_master WHERE type = 'trigger'`,
  },
  postgres: {
    names: ['audit_events_append_only'],
    query: `SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'audit_events'::regclass AND tgenabled IN ('O', 'A')`,
  },
};

/**
 * What the schema of a database lacks of this version, has in another form, or has in addition so that this version could
 * not write. Indexes of the owner that are not unique, and columns that may be empty, are none.
 */
export async function schemaDifferences(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const tables = await runner.getTables(dataSource.entityMetadatas.map(({ tablePath }) => tablePath));
    const differences = dataSource.entityMetadatas.flatMap((entity) => {
      const table = tables.find(({ name }) => name.split('.').pop() === entity.tableName);
      if (!table) return [`there is no table ${entity.tableName}`];
      return [...columnDifferences(dataSource, entity, table), ...indexDifferences(entity, table)];
    });
    return [...differences, ...(await triggerDifferences(dataSource, runner))];
  } finally {
    await runner.release();
  }
}

function columnDifferences({ driver }: DataSource, { tableName, columns }: EntityMetadata, table: Table): string[] {
  const present = new Map(table.columns.map((column) => [column.name, column]));
  const changes = columns.flatMap((column) => {
    const found = present.get(column.databaseName);
    const name = `${tableName}.${column.databaseName}`;
    if (!found) return [`${tableName} has no column ${column.databaseName}`];
    const expected = typeOf({ type: driver.normalizeType(column), length: driver.getColumnLength(column) });
    return [
      ...(typeOf(found) === expected ? [] : [`${name} is ${typeOf(found)} instead of ${expected}`]),
      ...(found.isNullable === column.isNullable ? [] : [`${name} may ${found.isNullable ? '' : 'not '}be empty`]),
    ];
  });
  const keys = [table.primaryColumns.map(({ name }) => name), columns.filter((each) => each.isPrimary).map(nameOf)];
  const [key, expectedKey] = keys.map(sorted);
  const expected = new Set(columns.map(nameOf));
  const unfilled = table.columns.filter((column) => !expected.has(column.name) && isRequired(column));
  return [
    ...changes,
    ...(key === expectedKey ? [] : [`the primary key of ${tableName} is (${key}) instead of (${expectedKey})`]),
    ...unfilled.map(({ name }) => `${tableName} has a column ${name} that this version does not fill`),
  ];
}

function indexDifferences({ tableName, indices }: EntityMetadata, table: Table): string[] {
  const present = new Map(table.indices.map((index) => [index.name, index]));
  const changes = indices.flatMap(({ name, isUnique, columns }) => {
    const found = present.get(name);
    present.delete(name);
    const names = columns.map(nameOf);
    const formOf = (unique: boolean, of: readonly string[], where = '') =>
      `${unique ? 'unique ' : ''}index ${name} on ${tableName} (${of.join(', ')})${where && ` where ${where}`}`;
    if (!found) return [`there is no ${formOf(isUnique, names)}`];
    const { columnNames, where } = found;
    if (found.isUnique === isUnique && sorted(columnNames) === sorted(names) && !where) return [];
    return [`there is the ${formOf(found.isUnique, columnNames, where)} instead of the ${formOf(isUnique, names)}`];
  });
  const unique = [...[...present.values()].filter((index) => index.isUnique), ...table.uniques];
  const unknown = unique.map(({ columnNames }) => `${tableName} (${sorted(columnNames)})`);
  return [...changes, ...unknown.map((columns) => `${columns} is unique, which this version does not know`)];
}

async function triggerDifferences({ options }: DataSource, runner: QueryRunner): Promise<string[]> {
  const { names, query } = TRIGGERS[options.type === 'sqlite' ? 'sqlite' : 'postgres'];
  if (!(await runner.hasTable('audit_events'))) return [];
  const present = new Set(((await runner.query(query)) as { name: string }[]).map(({ name }) => name));
  return names.filter((name) => !present.has(name)).map((name) => `audit_events has no trigger ${name}`);
}

const typeOf = ({ type, length }: { type: string; length?: string }): string => (length ? `${type}(${length})` : type);
const nameOf = ({ databaseName }: { databaseName: string }): string => databaseName;
/** PostgreSQL's driver does not return the columns of an index in their order. */
const sorted = (names: readonly string[]): string => [...names].sort().join(', ');
const isRequired = ({ isNullable, isGenerated, default: byDefault }: TableColumn): boolean =>
  !isNullable && !isGenerated && byDefault == null;
