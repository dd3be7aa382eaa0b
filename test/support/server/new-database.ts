import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';

/** A database of its own beside the one that is named; it stays until the server is thrown away. */
export async function newDatabase(url: string): Promise<string> {
  const name = `platen_${randomBytes(6).toString('hex')}`;
  const source = await new DataSource({ type: 'postgres', url }).initialize();
  await source.query(`CREATE DATABASE ${name}`).finally(() => source.destroy());
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
