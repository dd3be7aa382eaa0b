import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { applicationId } from '../protocol/names';
import { StreamRefused } from './http2-tunnel.errors';

/**
 * The relaying header (Fig. 13): the header block of the CONNECT request (RFC 9113 8.5) that opens a stream.
 * `:authority` is the application ID, `platen-session` the remote session ID; the answer repeats both (S240). The
 * application never sees the header, only the stream's content.
 */
const SESSION = 'platen-session';
const APPLICATION = 'platen-application';
const ORIGIN = 'platen-origin';
const DETAIL = 'platen-detail';
const DETAIL_CHARACTERS = 300;

const STATUSES = [403, 404, 502, 503, 504] as const;

/** S231. */
export const connectRequest = (application: string, remoteSessionId: string): OutgoingHttpHeaders => ({
  ':method': constants.HTTP2_METHOD_CONNECT,
  ':authority': application,
  [SESSION]: remoteSessionId,
});

/** S235-S236: the requested application. @throws StreamRefused if the header does not belong to this session */
export function applicationOf(headers: IncomingHttpHeaders, remoteSessionId: string): string {
  if (headers[':method'] !== constants.HTTP2_METHOD_CONNECT) throw new StreamRefused(403, 'only CONNECT is supported');
  if (headers[SESSION] !== remoteSessionId) throw new StreamRefused(403, 'the stream belongs to another session');
  const id = applicationId.safeParse(headers[':authority']);
  if (!id.success) throw new StreamRefused(404, 'not an application ID');
  return id.data;
}

/** S240. `origin`: the application's origin at the device (RFC 6454 6.2), if it speaks HTTP. */
export const connected = (application: string, remoteSessionId: string, origin?: string): OutgoingHttpHeaders => ({
  ':status': 200,
  [SESSION]: remoteSessionId,
  [APPLICATION]: application,
  ...(origin !== undefined && { [ORIGIN]: origin }),
});

/** undefined if the application does not speak HTTP or the agent does not name its origin. */
export function originIn(headers: IncomingHttpHeaders): string | undefined {
  const origin = String(headers[ORIGIN] ?? '');
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return undefined;
  return new URL(origin).origin;
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
    return isAnswer ? undefined : new StreamRefused(502, 'the answer belongs to another session or application');
  }
  const known = STATUSES.find((each) => each === status) ?? 502;
  return new StreamRefused(known, decode(headers[DETAIL]));
}

/** encodeURIComponent throws on a lone surrogate. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

function decode(detail: string | string[] | undefined): string {
  try {
    return decodeURIComponent(String(detail ?? '')).slice(0, DETAIL_CHARACTERS);
  } catch {
    return '';
  }
}
