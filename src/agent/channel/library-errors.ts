import type { Element } from '@xmpp/client';
import { NS_AGENT } from '../../protocol/control-channel';
import { ProxyRefused } from '../../tunnel/outbound-proxy';
import { CertificateMismatch } from '../../tunnel/pinned-tls';
import { ChannelOffline, ChannelTimeout, ExchangeRefused, StreamEnded } from './control-channel.errors';

const REFUSED_LOGIN = ['not-authorized', 'credentials-expired', 'invalid-mechanism'];

interface LibraryError extends Error {
  readonly condition?: string;
  readonly code?: string;
  /** RFC 6120 4.9.4. */
  readonly application?: Element;
}

/** Why a stream ended, from the error of the library or of its connection; without an error, the server closed it. */
export function whyEnded(error: LibraryError | null | undefined): StreamEnded {
  if (!error) return new StreamEnded('lost', 'the connection was closed');
  if (error instanceof StreamEnded) return error;
  if (error instanceof CertificateMismatch)
    return new StreamEnded(error.interceptor === undefined ? 'wrong-key' : 'intercepted', error.message);
  if (error instanceof ProxyRefused) return new StreamEnded('proxy', error.message);
  const { name, condition = '' } = error;
  if (name === 'SASLError' && condition === 'account-disabled') return new StreamEnded('removed', condition);
  if (name === 'SASLError' && REFUSED_LOGIN.includes(condition)) return new StreamEnded('login-refused', condition);
  // The only request that the library makes before it is online binds the resource.
  if (name === 'StanzaError' && condition === 'conflict') return new StreamEnded('in-use', condition);
  if (name === 'StanzaError' && condition === 'not-allowed') return new StreamEnded('other-installation', condition);
  if (name === 'StreamError' && error.application?.is('retry', NS_AGENT))
    return new StreamEnded('deferred', condition, secondsOf(error.application));
  if (name === 'StreamError' && condition === 'conflict') return new StreamEnded('replaced', condition);
  return new StreamEnded('lost', condition || (error.code ?? error.message));
}

/** Undefined if it is not a number of seconds. */
const secondsOf = ({ attrs }: Element): number | undefined =>
  /^\d{1,6}$/.test(attrs.after ?? '') ? Number(attrs.after) : undefined;

interface StanzaError extends Error {
  readonly condition: string;
  readonly application?: Element;
  readonly text?: string;
}

/** Why a request failed. */
export function requestError(error: Error, timeoutMs: number): Error {
  if (error instanceof ChannelOffline) return error;
  if (error.name === 'TimeoutError') return new ChannelTimeout(`no answer in ${timeoutMs} ms`);
  if (error.name !== 'StanzaError') return new ChannelOffline(error.message);
  const { condition, application, text } = error as StanzaError;
  return new ExchangeRefused(application?.attrs.code ?? condition, String(text ?? '').slice(0, 500));
}
