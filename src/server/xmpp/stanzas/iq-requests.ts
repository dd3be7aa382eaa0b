import { randomUUID } from 'node:crypto';
import { Element } from 'node-xmpp-server';
import type { BoundStream } from '../stream/bound-stream';
import { readStanzaError } from './stanza-errors';
import { AgentOffline, AgentRefused, AgentSilent } from '../xmpp.errors';
import type { XmppLimits } from '../xmpp-limits';

interface Pending {
  readonly resolve: (iq: Element) => void;
  readonly reject: (error: Error) => void;
}

/** IQs that wait for the answers of agents. Only the stream that received the request may answer. */
export class IqRequests {
  private readonly pending = new Map<BoundStream, Map<string, Pending>>();

  constructor(private readonly limits: XmppLimits) {}

  /** The result stanza. @throws AgentOffline, AgentSilent, AgentRefused */
  ask(stream: BoundStream, type: 'get' | 'set', payload: Element, timeoutMs: number): Promise<Element> {
    const { agentId } = stream;
    const ofStream = this.pending.get(stream) ?? new Map<string, Pending>();
    if (ofStream.size >= this.limits.XMPP_IQS_IN_FLIGHT)
      return Promise.reject(new AgentSilent(agentId, 'leaves too many requests unanswered'));
    this.pending.set(stream, ofStream);
    return new Promise<Element>((resolve, reject) => {
      const id = randomUUID();
      const settled = () => {
        clearTimeout(timer);
        ofStream.delete(id);
        if (ofStream.size === 0 && this.pending.get(stream) === ofStream) this.pending.delete(stream);
      };
      const fail = (error: Error) => {
        settled();
        reject(error);
      };
      const timer = setTimeout(() => fail(new AgentSilent(agentId, `did not answer in ${timeoutMs} ms`)), timeoutMs);
      ofStream.set(id, {
        resolve: (iq) => {
          settled();
          resolve(iq);
        },
        reject: fail,
      });
      const iq = new Element('iq', { type, id, from: stream.domain, to: String(stream.jid) });
      iq.cnode(payload);
      stream.send(iq);
    });
  }

  /** An IQ of type result or error has arrived; ignored if this stream has no such request. */
  settle(stream: BoundStream, iq: Element): void {
    const pending = this.pending.get(stream)?.get(iq.attrs.id ?? '');
    if (!pending) return;
    if (iq.attrs.type === 'result') return pending.resolve(iq);
    const { code, detail } = readStanzaError(iq);
    pending.reject(new AgentRefused(stream.agentId, code, detail));
  }

  /** The stream has closed and will answer nothing. */
  fail(stream: BoundStream): void {
    for (const pending of [...(this.pending.get(stream)?.values() ?? [])])
      pending.reject(new AgentOffline(stream.agentId));
  }
}
