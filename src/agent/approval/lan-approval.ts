import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { codeBody, emptyBody, type ApproverAdministration } from '../../protocol/approver-page';
import type { Configuration } from '../configuration/configuration';
import { PageProblem } from '../panel/page-http';
import type { PanelActions } from '../panel/panel-actions';
import { ApproverStore } from './approver-store';
import { Approvers } from './approvers';
import { lanCertificate, type LanCertificate } from './lan-address';
import { LanServer } from './lan-server';

const REMOVE = /^\/approvers\/([0-9a-f-]{36})\/remove$/;

/** Approval on the LAN: the approvers, their page, and what the local page manages of both. */
export class LanApproval {
  readonly #approvers: Approvers;
  #certificate: LanCertificate | undefined;
  #server: LanServer | undefined;

  constructor(
    private readonly configuration: Configuration,
    private readonly actions: PanelActions,
    private readonly journal: Journal,
  ) {
    this.#approvers = new Approvers(new ApproverStore(configuration.state, journal), journal);
  }

  /** Without `panel.lan` in the configuration, nothing listens. @throws ConfigurationError */
  async start(): Promise<void> {
    const { state, panel } = this.configuration;
    if (!panel.lan) return;
    this.#approvers.load();
    const certificate = await lanCertificate(panel.lan, state);
    const { actions, journal } = this;
    this.#certificate = certificate;
    this.#server = new LanServer({
      lan: panel.lan,
      certificate,
      approvers: this.#approvers,
      actions,
      journal,
    });
    await this.#server.listen();
  }

  changed(): void {
    this.#server?.changed();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  readonly path = '/approvers';

  /** Answers `GET /approvers` of the local page. */
  get administration(): ApproverAdministration {
    const [certificate, server] = [this.#certificate, this.#server];
    const { devices } = this.configuration;
    return {
      lan: certificate && server ? { url: server.origin, ...facts(certificate) } : null,
      devices: devices.map(({ id, name, location }) => ({ id, name, location })),
      approvers: this.#approvers.all.map(({ id, name, devices: theirs, setsConditions, passkeys, pairedAt }) => ({
        id,
        name,
        devices: theirs,
        setsConditions,
        phones: this.#approvers.phonesOf(id),
        passkeys: passkeys.length,
        pairedAt,
      })),
    };
  }

  /** What `POST <path>` of the local page does; undefined: nothing. It throws a ZodError or a PageProblem. */
  actionAt(path: string): ((body: unknown) => object | void) | undefined {
    if (path === '/approvers/codes') return (body) => this.#createCode(codeBody.parse(body));
    const [, id] = REMOVE.exec(path) ?? [];
    if (id === undefined) return undefined;
    return (body) => {
      emptyBody.parse(body);
      this.#approvers.remove(id);
    };
  }

  #createCode(wanted: z.output<typeof codeBody>): object {
    if (!this.#server)
      throw new PageProblem(
        409,
        'wrong-state',
        'the configuration has no LAN page: add "lan" to "panel", then restart',
      );
    if ('approver' in wanted) return this.#approvers.reset(wanted.approver);
    const known = new Set(this.configuration.devices.map(({ id }) => id));
    const unknown = wanted.devices?.find((id) => !known.has(id));
    if (unknown !== undefined) throw new PageProblem(404, 'unknown-device', `this agent has no device ${unknown}`);
    return this.#approvers.invite(wanted);
  }
}

const facts = ({ fingerprint, selfSigned }: LanCertificate) => ({ fingerprint, selfSigned });
