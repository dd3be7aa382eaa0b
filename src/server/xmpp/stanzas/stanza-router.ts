import { Element } from 'node-xmpp-server';
import { NS_DISCO_INFO, NS_PING, NS_TIME } from '../../../protocol/control-channel';
import { toInstant } from '../../../protocol/names';
import type { BoundStream } from '../stream/bound-stream';
import type { ExchangeHandlers } from './exchange-handlers';
import type { IqRequests } from './iq-requests';
import { NS_CLIENT, NS_ROSTER } from '../namespaces';
import { stanzaError } from './stanza-errors';
import { StreamError } from '../stream-error';
import type { XmppLimits } from '../xmpp-limits';

/** Routes the stanzas of agents. No stanza is ever forwarded to another agent. */
export class StanzaRouter {
  constructor(
    private readonly requests: IqRequests,
    private readonly handlers: ExchangeHandlers,
    private readonly limits: XmppLimits,
  ) {}

  /** @throws StreamError */
  route(stream: BoundStream, stanza: Element): void {
    // the library omits the stream's default namespace, jabber:client, from stanzas
    if ((stanza.getNS() ?? NS_CLIENT) !== NS_CLIENT)
      throw new StreamError('unsupported-stanza-type', 'only stanzas of jabber:client');
    if (stanza.is('iq')) return this.iq(stream, stanza);
    // agents need neither presence nor messages: both are legal and discarded
    if (stanza.is('presence') || stanza.is('message')) return;
    throw new StreamError('unsupported-stanza-type', 'only iq, presence and message');
  }

  private iq(stream: BoundStream, iq: Element): void {
    const { type, id } = iq.attrs;
    if (type === 'result' || type === 'error') return this.requests.settle(stream, iq);
    const [payload, second] = iq.getChildElements();
    if (!id || (type !== 'get' && type !== 'set') || !payload || second)
      return reply(stream, iq, stanzaError('bad-request'));
    if (!isForServer(stream, iq.attrs.to)) return reply(stream, iq, stanzaError('service-unavailable'));
    const standard = type === 'get' ? this.standardAnswer(payload) : undefined;
    if (standard) {
      if (stream.pings.take() > 0) throw new StreamError('policy-violation', 'too many pings');
      return reply(stream, iq, standard === 'empty' ? undefined : standard);
    }
    if (type === 'get') return reply(stream, iq, stanzaError('service-unavailable'));
    this.exchange(stream, iq, payload);
  }

  /** Answers the requests that RFC 6121 and the XEPs require every server to support. */
  private standardAnswer(payload: Element): Element | 'empty' | undefined {
    if (payload.is('ping', NS_PING)) return 'empty';
    if (payload.is('query', NS_ROSTER)) return new Element('query', { xmlns: NS_ROSTER });
    if (payload.is('time', NS_TIME)) return timeNow();
    if (!payload.is('query', NS_DISCO_INFO)) return undefined;
    const info = new Element('query', { xmlns: NS_DISCO_INFO });
    info.c('identity', { category: 'server', type: 'im', name: 'Platen' });
    const features = [NS_DISCO_INFO, NS_PING, NS_TIME, ...this.handlers.namespaces];
    for (const feature of features) info.c('feature', { var: feature });
    return info;
  }

  private exchange(stream: BoundStream, iq: Element, payload: Element): void {
    if (stream.answering >= this.limits.XMPP_IQS_IN_FLIGHT)
      return reply(stream, iq, stanzaError('resource-constraint', 'too many requests at once', 'too-many-requests'));
    const answer = this.handlers.answer(stream.agentId, payload);
    if (!answer) return reply(stream, iq, stanzaError('service-unavailable'));
    stream.answering += 1;
    void answer.then((outcome) => {
      stream.answering -= 1;
      stream.complete();
      reply(stream, iq, outcome);
    });
  }
}

/** XEP-0202. */
function timeNow(): Element {
  const time = new Element('time', { xmlns: NS_TIME });
  time.c('tzo').t('+00:00');
  time.c('utc').t(toInstant(Date.now()));
  return time;
}

function isForServer(stream: BoundStream, to: string | undefined): boolean {
  return !to || [stream.domain, String(stream.jid?.bare()), String(stream.jid)].includes(to);
}

/** RFC 6120 8.2.3: the same ID, the addresses swapped. */
function reply(stream: BoundStream, iq: Element, outcome: Element | undefined): void {
  const type = outcome?.name === 'error' ? 'error' : 'result';
  const answer = new Element('iq', { type, id: iq.attrs.id, to: iq.attrs.from, from: iq.attrs.to });
  if (outcome) answer.cnode(outcome);
  stream.send(answer);
}
