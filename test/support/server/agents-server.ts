import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate, type TestCertificate } from '../test-certificate';
import { ControlChannel, DOMAIN } from '../xmpp/control-channel';

/** What an agent connects to, on loopback: an HTTPS server with scripted answers, and a control channel. */
export class AgentsServer {
  private constructor(
    /** Of the HTTPS server. */
    readonly certificate: TestCertificate,
    readonly https: Server,
    readonly channel: ControlChannel,
  ) {}

  static async start(answer: RequestListener): Promise<AgentsServer> {
    const certificate = await makeCertificate();
    const https = createServer(certificate, answer);
    await once(https.listen(0, '127.0.0.1'), 'listening');
    return new AgentsServer(certificate, https, await ControlChannel.start());
  }

  get port(): number {
    return (this.https.address() as AddressInfo).port;
  }

  /** The account of an agent for which the server has this name. */
  account(host: string) {
    const xmpp = { host, port: this.channel.port, domain: DOMAIN };
    return { agentId: 'agent-1', password: 'p'.repeat(43), xmpp, pin: this.channel.certificate.pin };
  }

  async stop(): Promise<void> {
    this.https.closeAllConnections();
    this.https.close();
    await this.channel.stop();
  }
}
