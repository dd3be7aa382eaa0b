import { approval, passToServer } from '../../../src/protocol/control-channel';
import { AGENT_METHODS, SERVER_METHODS } from '../../../src/protocol/wake';
import { RpcPeer, type RpcHandlers } from '../../../src/tunnel/json-rpc';
import { SealedChannel } from '../../../src/tunnel/sealed-channel';
import vectors from '../../vectors/control-channel.json';
import { recordedJournal } from '../recorded-journal';
import { until } from '../until';
import type { ScriptedAgent } from './scripted-agent';

type Answer = { answer: object } | { problem: { code: string; detail: string } };

/** An agent without a stream, behind a scripted substitute: its end of the substitute channel. */
export class ScriptedTarget {
  /** What the server has asked, as on a stream. */
  readonly asked: { name: string; body: Record<string, unknown> }[] = [];
  /** By method; otherwise every request is answered `{}`. */
  readonly answers = new Map<string, Answer | Promise<Answer>>([
    ['terminate', { answer: { connected: true } }],
    ['acquire-information', { answer: vectors.acquireInformation.response }],
  ]);
  /** The lines that the server has sent, sealed. */
  readonly lines: string[] = [];
  channelId = '';
  private channel: SealedChannel | undefined;
  private peer: RpcPeer<typeof AGENT_METHODS, typeof SERVER_METHODS> | undefined;

  /**
   * @param key the target's; with another one than the server's, it refuses every line
   * @param substitute answers `wake` with `challenge`, at the earliest when it is passed here
   */
  constructor(
    private readonly agentId: string,
    private readonly key: Buffer,
    private readonly substitute: ScriptedAgent,
    readonly challenge: string,
  ) {
    substitute.answers.set('pass-to-agent', { body: { open: true } });
    substitute.onAsked = (name, body) => {
      if (name === 'wake') this.open(String(body.channelId));
      if (name === 'pass-to-agent') this.receive(body.line as string | null);
    };
    for (const { name, body } of substitute.asked) if (name === 'wake') this.open(String(body.channelId));
  }

  get isOpen(): boolean {
    return this.channel?.isOpen === true;
  }

  request(name: string, times = 1): Promise<{ name: string; body: Record<string, unknown> }> {
    return until(`${name} through the substitute`, () => this.asked.filter((each) => each.name === name)[times - 1]);
  }

  approve(remoteSessionId: string) {
    const body = approval.request.parse({ remoteSessionId, decision: 'approved' });
    return this.peer!.call('approval', body);
  }

  /** Has the substitute pass a line to the server, whatever it is. */
  pass(line: string | null, channelId = this.channelId) {
    return this.substitute.ask(passToServer, { channelId, line });
  }

  private open(channelId: string): void {
    this.channelId = channelId;
    const { agentId, challenge } = this;
    this.channel = new SealedChannel(this.key, {
      ...{ agentId, channelId, challenge },
      end: 'agent',
      since: performance.now(),
      send: (line) => void this.pass(line).catch(() => undefined),
      close: () => void this.pass(null).catch(() => undefined),
    });
    const handlers = Object.fromEntries(Object.keys(AGENT_METHODS).map((name) => [name, this.handler(name)]));
    const methods = handlers as unknown as RpcHandlers<typeof AGENT_METHODS>;
    this.peer = new RpcPeer(this.channel, AGENT_METHODS, methods, SERVER_METHODS, recordedJournal().journal);
  }

  private handler(name: string) {
    return (body: Record<string, unknown>): unknown => {
      this.asked.push({ name, body });
      return name === 'wake-up' ? {} : (this.answers.get(name) ?? { answer: {} });
    };
  }

  private receive(line: string | null): void {
    if (line === null) return this.channel?.ended();
    this.lines.push(line);
    this.channel?.receive(line);
  }
}
