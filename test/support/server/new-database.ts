import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { shared } from '../run/shared';

/** An empty database of the PostgreSQL server of this run. @returns its URL */
export const newDatabase = async (): Promise<string> => databaseAt(await shared('postgres'));

/** A new database at the same server. @param copied the URL of one without connections that it is to equal @returns its URL */
export async function databaseAt(url: string, copied?: string): Promise<string> {
  const name = `platen_${randomBytes(6).toString('hex')}`;
  const template = copied ? new URL(copied).pathname.slice(1) : 'template1';
  const source = await new DataSource({ type: 'postgres', url: at(url, 'postgres') }).initialize();
  await source.query(`CREATE DATABASE ${name} TEMPLATE ${template}`).finally(() => source.destroy());
  return at(url, name);
}

const at = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;

/** Settings for the database of a server under test: SQLite in its data folder, unless this run is to use PostgreSQL. */
export const databaseSettings = async (): Promise<Record<string, string>> =>
  process.env.PLATEN_TEST_DATABASE === 'postgres' ? { PLATEN_DATABASE_URL: await newDatabase() } : {};
