import { check, note, type CheckFinding } from '../../protocol/check-finding';
import { LIMITS } from '../../protocol/limits';
import { discover } from '../auth/oidc/oidc-client';
import type { Config } from '../config/config';
import { readOidcFiles } from '../config/oidc-settings';

/** Whether the provider of single sign-on answers, is the configured one, and has the same time. */
export async function oidcCheck({ login: { oidc } }: Config): Promise<CheckFinding> {
  if (!oidc) return note('single sign-on', 'is not set up; see PLATEN_OIDC_ISSUER');
  return check(
    'single sign-on',
    async () => {
      await discover(oidc, readOidcFiles(oidc).secret);
      const aheadMs = await clockAhead(oidc.issuer);
      if (Math.abs(aheadMs) > LIMITS.OIDC_CLOCK_SECONDS * 1000)
        throw new Error(
          `its clock differs by ${Math.round(aheadMs / 1000)} s, so logins are refused; synchronize the clocks (NTP)`,
        );
      return `${oidc.issuer} answers`;
    },
    ({ message, cause }) => {
      const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
      return `${oidc.issuer} cannot be used: ${reason}; see PLATEN_OIDC_ISSUER`;
    },
  );
}

/** @returns milliseconds by which the provider's clock is ahead, to a second; 0 if it does not say */
async function clockAhead(issuer: string): Promise<number> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(LIMITS.OIDC_TIMEOUT_MS) });
  const date = answer.headers.get('date');
  return date === null ? 0 : Date.parse(date) - Date.now();
}
