import { Element, type JID } from 'node-xmpp-server';
import { NS_AGENT } from '../../../protocol/control-channel';
import { stanzaError } from '../stanzas/stanza-errors';
import { NS_STANZAS } from '../namespaces';
import type { ScramAlgorithm, ScramKeys } from '../login/agent-accounts';
import type { StreamError } from '../stream-error';

/** Messages between this server and the module of an XMPP engine (packaging/prosody, packaging/ejabberd). */
export const NS_ENGINE = 'urn:platen:engine:1';

const HASHES: Readonly<Record<string, ScramAlgorithm>> = { 'sha-256': 'sha256', 'sha-1': 'sha1' };

/** Undefined for another name: Object.prototype has names, too. */
export const algorithmOf = (hash: string | undefined): ScramAlgorithm | undefined =>
  hash !== undefined && Object.hasOwn(HASHES, hash) ? HASHES[hash] : undefined;

/** An agent that has proved its password asks to bind a resource. */
export interface BindRequest {
  readonly name: string;
  readonly algorithm: ScramAlgorithm;
  /** Of the keys that it has proved; base64. */
  readonly salt: string;
  /** The resource that it requests. */
  readonly requested: string;
  readonly address: string;
}

export function readBind({ attrs }: Element): BindRequest | undefined {
  const { name, salt, requested = '', address = '' } = attrs;
  const algorithm = algorithmOf(attrs.hash);
  if (name === undefined || salt === undefined || !algorithm) return undefined;
  return { name, algorithm, salt, requested, address };
}

export const writeKeys = ({ salt, iterations, storedKey, serverKey, removed }: ScramKeys): Element =>
  new Element('login', {
    xmlns: NS_ENGINE,
    iterations: String(iterations),
    salt: salt.toString('base64'),
    'stored-key': storedKey.toString('base64'),
    'server-key': serverKey.toString('base64'),
    removed: removed === true ? 'true' : undefined,
  });

/** @param error absent: cut the connection without a stream error */
export function writeEnd(jid: JID | string, error?: StreamError): Element {
  const message = new Element('message');
  message.c('end', {
    xmlns: NS_ENGINE,
    jid: String(jid),
    condition: error?.condition,
    text: error?.message,
  });
  return message;
}

/** The `<error>` for a stream that must end; the engine passes condition, text and `<retry>` on to the agent. */
export function streamRefusal({ condition, message, retryAfterSeconds }: StreamError): Element {
  const error = new Element('error', { type: 'cancel' });
  error.c(condition, { xmlns: NS_STANZAS });
  error.c('text', { xmlns: NS_STANZAS, 'xml:lang': 'en' }).t(message);
  if (retryAfterSeconds !== undefined) error.c('retry', { xmlns: NS_AGENT, after: String(retryAfterSeconds) });
  return error;
}

export const bindRefusal = (condition: 'conflict' | 'not-allowed'): Element => stanzaError(condition);
