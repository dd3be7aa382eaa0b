import type { Config } from '../config/config';

const LABEL = 's-check';

/**
 * One of the names under which the pages of devices are shown; undefined if there are none, or under `localhost`, which
 * browsers resolve themselves (RFC 6761 6.3).
 */
export const siteName = ({ http: { sessionDomain } }: Config): string | undefined =>
  sessionDomain === undefined || sessionDomain === 'localhost' ? undefined : `${LABEL}.${sessionDomain}`;

/** As its DNS record and certificate have it. */
export const shownSite = (name: string): string => name.replace(new RegExp(`^${LABEL}\\.`), '*.');
