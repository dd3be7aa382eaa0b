import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { LIMITS } from '../protocol/limits';
import { applicationId } from '../protocol/names';
import { shownText } from '../protocol/shown-text';
import { StreamRefused } from './http2-tunnel.errors';

/**
 * The relaying header (Fig. 13): the header block of the CONNECT request (RFC 9113 8.5) that opens a stream.
 * `:authority` is the application ID, `platen-session` the remote session ID; the answer repeats both (S240). The
 * application never sees the header, only the stream's content.
 */
const SESSION = 'platen-session';
const APPLICATION = 'platen-application';
const ORIGIN = 'platen-origin';
const OTHER_ORIGINS = 'platen-origins';
const TLS = 'platen-tls';
/** The client behind the terminal speaks TLS with the device itself. */
const TLS_OF_CLIENT = 'client';
const PROPOSE = 'platen-propose';
const DETAIL = 'platen-detail';
const DETAIL_CHARACTERS = 300;

const STATUSES = [403, 404, 502, 503, 504] as const;

/** Where in its application a stream leads, and what it carries. */
export interface Destination {
  /** One of the other origins that the agent has named, instead of the application's own. */
  readonly origin?: string;
  /** The client behind the terminal speaks TLS with the device itself; otherwise the agent does, for an https origin. */
  readonly clientTls?: boolean;
  /** If the owner has not permitted the origin, the owner is asked. */
  readonly propose?: boolean;
}

/** S231. */
export const connectRequest = (
  application: string,
  remoteSessionId: string,
  { origin, clientTls = false, propose = false }: Destination = {},
): OutgoingHttpHeaders => ({
  ':method': constants.HTTP2_METHOD_CONNECT,
  ':authority': application,
  [SESSION]: remoteSessionId,
  ...(origin !== undefined && { [ORIGIN]: origin }),
  ...(clientTls && { [TLS]: TLS_OF_CLIENT }),
  ...(propose && { [PROPOSE]: 'owner' }),
});

/** S235-S236: the requested application. @throws StreamRefused if the header does not belong to this session */
export function applicationOf(headers: IncomingHttpHeaders, remoteSessionId: string): string {
  if (headers[':method'] !== constants.HTTP2_METHOD_CONNECT) throw new StreamRefused(403, 'only CONNECT is supported');
  if (headers[SESSION] !== remoteSessionId) throw new StreamRefused(403, 'the stream belongs to another session');
  const id = applicationId.safeParse(headers[':authority']);
  if (!id.success) throw new StreamRefused(404, 'not an application ID');
  return id.data;
}

export const destinationIn = (headers: IncomingHttpHeaders): Destination => ({
  origin: headers[ORIGIN]?.toString(),
  clientTls: headers[TLS] === TLS_OF_CLIENT,
  propose: headers[PROPOSE] !== undefined,
});

/** The origins of an application at the device (RFC 6454 6.2), if it speaks HTTP. */
export interface ApplicationOrigins {
  readonly own?: string;
  /** Further ones that belong to it, which the owner has permitted. */
  readonly others?: readonly string[];
}

/** S240. */
export const connected = (
  application: string,
  remoteSessionId: string,
  { own, others = [] }: ApplicationOrigins = {},
  { clientTls = false }: Destination = {},
): OutgoingHttpHeaders => ({
  ':status': 200,
  [SESSION]: remoteSessionId,
  [APPLICATION]: application,
  ...(own !== undefined && { [ORIGIN]: own }),
  ...(own !== undefined && others.length > 0 && { [OTHER_ORIGINS]: others.join(' ') }),
  ...(clientTls && { [TLS]: TLS_OF_CLIENT }),
});

/** undefined if the application does not speak HTTP or the agent does not name its origin. */
export function originIn(headers: IncomingHttpHeaders): string | undefined {
  return httpOrigin(String(headers[ORIGIN] ?? ''));
}

/** The other origins that the agent names; at most LIMITS.APPLICATION_ORIGINS. */
export function otherOriginsIn(headers: IncomingHttpHeaders): string[] {
  const named = String(headers[OTHER_ORIGINS] ?? '').split(' ');
  const valid = named.map(httpOrigin).filter((origin) => origin !== undefined && origin !== originIn(headers));
  return [...new Set(valid as string[])].slice(0, LIMITS.APPLICATION_ORIGINS);
}

function httpOrigin(text: string): string | undefined {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text).origin : undefined;
}

export const refused = ({ status, detail }: StreamRefused): OutgoingHttpHeaders => ({
  ':status': status,
  [DETAIL]: encodeURIComponent(wellFormed(detail.slice(0, DETAIL_CHARACTERS))),
});

/** The answer to `request`: undefined if it opens the stream. */
export function refusalIn(headers: IncomingHttpHeaders, request: OutgoingHttpHeaders): StreamRefused | undefined {
  const status = Number(headers[':status']);
  if (status === 200) {
    const isAnswer = headers[SESSION] === request[SESSION] && headers[APPLICATION] === request[':authority'];
    if (!isAnswer) return new StreamRefused(502, 'the answer belongs to another session or application');
    const isOlder = headers[TLS] !== request[TLS];
    return isOlder ? new StreamRefused(502, 'the agent is too old to carry TLS of the client: update it') : undefined;
  }
  const known = STATUSES.find((each) => each === status) ?? 502;
  return new StreamRefused(known, decode(headers[DETAIL]));
}

/** encodeURIComponent throws on a lone surrogate. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

function decode(detail: string | string[] | undefined): string {
  try {
    return shownText(decodeURIComponent(String(detail ?? ''))).slice(0, DETAIL_CHARACTERS);
  } catch {
    return '';
  }
}
