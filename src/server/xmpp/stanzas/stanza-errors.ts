import { Element } from 'node-xmpp-server';
import { NS_COMMANDS } from '../../../protocol/ad-hoc-command';
import { NS_PROBLEM } from '../../../protocol/control-channel';
import { ProblemError } from '../../../protocol/problems';
import { shownText } from '../../../protocol/shown-text';
import { NS_STANZAS } from '../namespaces';

/** Conditions (RFC 6120 8.3.3) that this server sends, with their error types (8.3.2). */
const TYPES = {
  'bad-request': 'modify',
  conflict: 'cancel',
  forbidden: 'auth',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
} as const;
export type StanzaCondition = keyof typeof TYPES;

const OF_STATUS: Readonly<Record<number, StanzaCondition>> = {
  400: 'bad-request',
  401: 'not-authorized',
  403: 'forbidden',
  404: 'item-not-found',
  409: 'conflict',
  413: 'not-acceptable',
  429: 'resource-constraint',
  503: 'service-unavailable',
};

/** `<error>` of RFC 6120 8.3: the condition, then the text and Platen's code, if any. */
export function stanzaError(condition: StanzaCondition, detail?: string, code?: string): Element {
  const error = new Element('error', { type: TYPES[condition] });
  error.c(condition, { xmlns: NS_STANZAS });
  if (detail) error.c('text', { xmlns: NS_STANZAS, 'xml:lang': 'en' }).t(detail);
  if (code) error.c('problem', { xmlns: NS_PROBLEM, code });
  return error;
}

export function problemError(problem: ProblemError): Element {
  const condition = OF_STATUS[problem.toProblem().status] ?? 'internal-server-error';
  return stanzaError(condition, problem.detail, problem.code);
}

/**
 * Code and detail of a peer's IQ error. `code` is that of the problem, if any, else what an ad-hoc command adds (XEP-0050
 * 4.4: `bad-sessionid`, ...), else the condition.
 */
export function readStanzaError(iq: Element): { code: string; detail: string } {
  const error = iq.getChild('error');
  const nameIn = (namespace: string) =>
    error
      ?.getChildElements()
      .find((child) => child.getNS() === namespace && child.getName() !== 'text')
      ?.getName();
  const condition = nameIn(NS_COMMANDS) ?? nameIn(NS_STANZAS) ?? 'undefined-condition';
  const code = error?.getChild('problem', NS_PROBLEM)?.attrs.code ?? condition;
  return {
    code: code.slice(0, 100),
    detail: shownText(error?.getChild('text', NS_STANZAS)?.getText() ?? '').slice(0, 500),
  };
}
