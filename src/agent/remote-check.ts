import { isIP } from 'node:net';
import type { z } from 'zod';
import { note, type CheckFinding } from '../protocol/check-finding';
import { CHECK_FINDINGS, checkConnections } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import { ProblemError } from '../protocol/problems';
import type { OutboundProxy } from '../tunnel/outbound-proxy';
import { withTimeLimit } from '../tunnel/time-limit';
import type { ControlChannel } from './channel/control-channel';
import { deviceChecks, serverChecks } from './check';
import type { Configuration, Device } from './configuration/configuration';
import { cleanLine } from './device/attribute-text';
import type { Credentials } from './enrolment/credentials';

export interface RemoteCheckOptions {
  readonly configuration: Configuration;
  readonly account: Credentials;
  readonly outbound: OutboundProxy;
  /** Whether the owner lets the server have a device read now. */
  readonly startReading: (deviceId: string) => Promise<boolean>;
  readonly channel: Pick<ControlChannel, 'handle'>;
  readonly answerMs?: number;
}

type Findings = z.infer<typeof checkConnections.response>;

/** `platen agent check` on request of the server: under the rules of the owners, and without addresses of the customer's LAN. */
export class RemoteCheck {
  #running = 0;

  constructor(private readonly options: RemoteCheckOptions) {
    options.channel.handle(checkConnections, ({ deviceId }) => this.#check(deviceId));
  }

  async #check(deviceId: string | null): Promise<Findings> {
    if (this.#running >= LIMITS.CHECKS_AT_ONCE)
      throw new ProblemError('too-many-requests', 'this agent is already checking its connections');
    this.#running++;
    try {
      return { findings: deviceId === null ? await this.#server() : await this.#device(deviceId) };
    } finally {
      this.#running--;
    }
  }

  #server(): Promise<CheckFinding[]> {
    const { configuration, account, outbound } = this.options;
    const hidden = outbound.server ? [outbound.server.host] : [];
    return this.#findings(serverChecks(configuration, account, outbound, null), 'server', hidden);
  }

  async #device(deviceId: string): Promise<CheckFinding[]> {
    const { configuration, startReading } = this.options;
    const device = configuration.devices.find(({ id }) => id === deviceId);
    if (!device) throw new ProblemError('unknown-device', 'this agent has no such device');
    if (!(await startReading(deviceId)))
      return [note(deviceId, 'not checked, because its owner does not permit it now')];
    return this.#findings(deviceChecks(device, configuration.meterMaps), deviceId, hostsOf(device));
  }

  /** Those that end in time, in their order. */
  async #findings(
    checks: Promise<CheckFinding>[],
    subject: string,
    hidden: readonly string[],
  ): Promise<CheckFinding[]> {
    const ended: (CheckFinding | undefined)[] = checks.map(() => undefined);
    const all = Promise.all(checks.map(async (each, index) => (ended[index] = await each)));
    const ms = this.options.answerMs ?? LIMITS.CHECK_ANSWER_MS;
    const isComplete = await withTimeLimit(ms, undefined, () => all).then(
      () => true,
      () => false,
    );
    const late = { subject, isProblem: true, text: 'some connections could not be checked in time' };
    const findings = ended.filter((each) => each !== undefined);
    return [...findings.slice(0, CHECK_FINDINGS - 1), ...(isComplete ? [] : [late])].map((finding) => ({
      subject: cleanLine(finding.subject, 160),
      isProblem: finding.isProblem,
      text: cleanLine(withoutHosts(finding.text, hidden), 500),
    }));
  }
}

/** The server knows no addresses of devices. */
function hostsOf({ ipp, snmp, firmware, display, applications }: Device): string[] {
  const targets = applications.flatMap(({ target, viewTarget, origins = [] }) => [target, viewTarget, ...origins]);
  const places = [ipp, snmp, firmware, display?.address, ...targets];
  return [...new Set(places.flatMap((place) => place?.host ?? []))].sort((a, b) => b.length - a.length);
}

/** `[address]` in place of each host, with its port if one follows. */
export const withoutHosts = (text: string, hosts: readonly string[]): string =>
  hosts.reduce((rest, host) => {
    const literal = host.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const written = isIP(host) === 6 ? `\\[${literal}\\]|${literal}` : literal;
    return rest.replace(new RegExp(`(?<![\\w.-])(?:${written})(?![\\w-]|\\.\\w)(?::\\d+)?`, 'gi'), '[address]');
  }, text);
