import { readFileSync } from 'node:fs';
import type { Company } from '../../protocol/company';
import { LIMITS } from '../../protocol/limits';

export class CompanyLogoUnusable extends Error {
  override readonly name = 'CompanyLogoUnusable';

  constructor(why: string) {
    super(`PLATEN_COMPANY_LOGO is not usable: ${why}`);
  }
}

/** The company whose name agents get at their enrolment; undefined: none is configured. */
export class ConfiguredCompany {
  constructor(readonly company: Company | undefined) {}
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** @throws CompanyLogoUnusable */
export function loadCompany({ name, logoFile }: { name?: string; logoFile?: string }): ConfiguredCompany {
  if (name === undefined) return new ConfiguredCompany(undefined);
  return new ConfiguredCompany({ name, ...(logoFile !== undefined && { logo: readLogo(logoFile) }) });
}

function readLogo(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new CompanyLogoUnusable(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (!bytes.subarray(0, PNG.length).equals(PNG)) throw new CompanyLogoUnusable('the file is no PNG image');
  const most = LIMITS.COMPANY_LOGO_BYTES;
  if (bytes.length > most)
    throw new CompanyLogoUnusable(`the file has ${bytes.length} bytes, at most ${most} are possible`);
  return bytes.toString('base64');
}
