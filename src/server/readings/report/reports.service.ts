import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Customer } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import type {
  MeterReport,
  NewReportMail,
  NewReportTemplate,
  ReportedDevice,
  ReportFileQuery,
  ReportMail,
  ReportPreview,
  ReportPreviewQuery,
  ReportQuery,
  ReportTemplate,
} from '../../../protocol/meter-report';
import { toInstant } from '../../../protocol/names';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { UnknownCustomer } from '../../customers/customers.errors';
import { CustomersService } from '../../customers/customers.service';
import { EVERYTHING, type Reach } from '../../customers/reach';
import type { MeteredDeviceEntity } from '../metered-device.entity';
import { DAY_MS } from '../thinning';
import { metersOf } from './meter-values';
import { firstMail } from './report-months';
import { fileOf, linesOf, type ReportFile } from './report-file';
import type { ReportMailEntity, ReportTemplateEntity } from './report.entities';
import {
  TemplateNameTaken,
  TooManyDevices,
  TooManyReports,
  UnknownReportMail,
  UnknownTemplate,
} from './reports.errors';
import { ReportsRepository } from './reports.repository';

/** Meter reports: what the devices of a customer have counted in a period. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly repository: ReportsRepository,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
  ) {}

  /** @throws UnknownCustomer, TooManyDevices */
  async report(actor: Actor, query: ReportQuery, only?: number): Promise<MeterReport> {
    const names = await this.customerNames(actor);
    const { customerId } = query;
    // an external client has no customers, but limits
    if (customerId && !actor.client && !names.has(customerId)) throw new UnknownCustomer();
    const reach = await this.customers.reachOf(actor);
    return this.reportWithin(reach, query, customerId ? (names.get(customerId) ?? null) : null, only);
  }

  /** @throws UnknownCustomer, TooManyDevices, UnknownTemplate */
  async file(actor: Actor, { format, templateId, ...query }: ReportFileQuery): Promise<ReportFile> {
    const template = templateId ? await this.template(templateId) : undefined;
    return fileOf(await this.report(actor, query), format, template?.layout);
  }

  /** For the server itself. @returns undefined if the customer has been removed */
  async fileFor(
    { customerId, format, templateId }: ReportMailEntity,
    days: Pick<ReportQuery, 'from' | 'to'>,
  ): Promise<ReportFile | undefined> {
    const name = await this.customers.findName(customerId);
    if (name === undefined) return undefined;
    const template = templateId ? await this.repository.template(templateId) : null;
    return fileOf(await this.reportWithin(EVERYTHING, { ...days, customerId }, name), format, template?.layout);
  }

  /** @param only so many devices; without it, all of them */
  private async reportWithin(
    reach: Reach,
    query: ReportQuery,
    customerName: string | null,
    only?: number,
  ): Promise<MeterReport> {
    const [from, to] = [new Date(query.from), new Date(Date.parse(query.to) + DAY_MS)];
    const most = LIMITS.REPORT_DEVICES;
    const all = await this.repository.metered(reach, query.customerId, to, only ?? most + 1);
    if (all.length > most) throw new TooManyDevices(most);
    const devices: ReportedDevice[] = [];
    for (let first = 0; first < all.length; first += LIMITS.REPORT_DEVICES_AT_ONCE)
      devices.push(...(await this.reported(all.slice(first, first + LIMITS.REPORT_DEVICES_AT_ONCE), from, to)));
    const inOrder = (one: ReportedDevice): string =>
      [one.customerName, one.siteName, one.name, one.deviceId].join('\n');
    devices.sort((one, other) => inOrder(one).localeCompare(inOrder(other)));
    return { from: query.from, to: query.to, customerName, devices, totals: totalsOf(devices) };
  }

  private async reported(metered: readonly MeteredDeviceEntity[], from: Date, to: Date): Promise<ReportedDevice[]> {
    const ids = metered.map(({ id }) => id);
    const nearest = (at: Date, side: 'before' | 'after') => this.repository.nearest(ids, at, side);
    const beforeFrom = await nearest(from, 'before');
    const afterFrom = await nearest(from, 'after');
    const beforeTo = await nearest(to, 'before');
    const afterTo = await nearest(to, 'after');
    const firsts = [...beforeFrom.values()].map(({ at }) => at.getTime());
    const lasts = [...afterTo.values()].map(({ at }) => at.getTime());
    const [earliest, latest] = [Math.min(from.getTime(), ...firsts), Math.max(to.getTime(), ...lasts)];
    const jumps = await this.repository.jumps(ids, new Date(earliest), new Date(latest));
    const stillRead = await this.repository.stillRead(metered);
    const sites = await this.customers.named(metered.map(({ siteId }) => siteId));
    const now = new Date();
    return metered.flatMap((device) => {
      const { id, siteId } = device;
      const isOver = !stillRead.has(id);
      // what was there before the period is no part of it
      if (isOver && device.lastAt < from) return [];
      const site = sites.get(siteId);
      const around = {
        ...{ from, to, isOver, jumps: jumps.filter(({ meteredDeviceId }) => meteredDeviceId === id) },
        ...{ beforeFrom: beforeFrom.get(id), afterFrom: afterFrom.get(id) },
        ...{ beforeTo: beforeTo.get(id), afterTo: afterTo.get(id) },
      };
      return {
        ...{ meteredDeviceId: id, deviceId: device.deviceId, name: device.name, model: device.model },
        ...{ serialNumber: device.serialNumber, customerName: site?.customerName ?? '', siteName: site?.name ?? '' },
        meters: metersOf(around, now),
      };
    });
  }

  // ---- templates

  async templates(): Promise<ReportTemplate[]> {
    return (await this.repository.templates()).map(presentedTemplate);
  }

  /** @throws TemplateNameTaken, TooManyReports */
  async addTemplate(actor: Actor, template: NewReportTemplate): Promise<ReportTemplate> {
    if ((await this.repository.templates()).length >= LIMITS.REPORT_TEMPLATES)
      throw new TooManyReports('templates', LIMITS.REPORT_TEMPLATES);
    const added = await this.saveTemplate(randomUUID(), template);
    await this.audit.record(actor, 'report-template.created', template.name);
    return added;
  }
  /** @throws UnknownTemplate, TemplateNameTaken */
  async changeTemplate(actor: Actor, id: string, template: NewReportTemplate): Promise<ReportTemplate> {
    await this.template(id);
    const changed = await this.saveTemplate(id, template);
    await this.audit.record(actor, 'report-template.changed', template.name);
    return changed;
  }
  /** @throws UnknownTemplate */
  async removeTemplate(actor: Actor, id: string): Promise<void> {
    const { name } = await this.template(id);
    if (!(await this.repository.removeTemplate(id))) throw new UnknownTemplate();
    await this.audit.record(actor, 'report-template.removed', name);
  }

  /** The first lines of a file with these columns. @throws UnknownCustomer */
  async preview(actor: Actor, { template, report: query }: ReportPreviewQuery): Promise<ReportPreview> {
    const most = LIMITS.REPORT_PREVIEW_LINES;
    const report = await this.report(actor, query, most);
    return { lines: linesOf(report, template).slice(0, most) };
  }

  private async saveTemplate(id: string, { name, ...layout }: NewReportTemplate): Promise<ReportTemplate> {
    if (!(await this.repository.saveTemplate({ id, name, layout }))) throw new TemplateNameTaken(name);
    return { id, name, ...layout };
  }
  private async template(id: string): Promise<ReportTemplateEntity> {
    const found = await this.repository.template(id);
    if (!found) throw new UnknownTemplate();
    return found;
  }

  // ---- mails

  async mails(actor: Actor): Promise<ReportMail[]> {
    const names = await this.customerNames(actor);
    return (await this.repository.mails([...names.keys()])).map(presentedMail);
  }

  /** @throws UnknownCustomer, UnknownTemplate, TooManyReports */
  async addMail(actor: Actor, mail: NewReportMail): Promise<ReportMail> {
    const name = (await this.customerNames(actor)).get(mail.customerId);
    if (name === undefined) throw new UnknownCustomer();
    if (mail.templateId) await this.template(mail.templateId);
    if ((await this.repository.countMails()) >= LIMITS.REPORT_MAILS)
      throw new TooManyReports('mails', LIMITS.REPORT_MAILS);
    const due = firstMail(mail.day, new Date());
    const added = { id: randomUUID(), ...mail, ...due, attempts: 0, claimedAt: null, sentAt: null, problem: '' };
    if (!(await this.repository.addMail(added))) throw new UnknownCustomer();
    await this.audit.record(actor, 'report-mail.created', name, `to ${mail.to}, day ${mail.day}, ${mail.format}`);
    return presentedMail(added);
  }
  /** @throws UnknownReportMail */
  async removeMail(actor: Actor, id: string): Promise<void> {
    const mail = await this.repository.mail(id);
    const name = mail && (await this.customerNames(actor)).get(mail.customerId);
    if (!mail || name == null) throw new UnknownReportMail();
    await this.repository.removeMail(id);
    await this.audit.record(actor, 'report-mail.removed', name, `to ${mail.to}`);
  }

  private async customerNames(actor: Actor): Promise<Map<string, string>> {
    if (actor.client) return new Map();
    return new Map((await this.customers.list(actor)).map(({ id, name }: Customer) => [id, name]));
  }
}

function totalsOf(devices: readonly ReportedDevice[]): MeterReport['totals'] {
  const totals = new Map<string, { volume: number; unknown: number }>();
  for (const { counter, volume } of devices.flatMap(({ meters }) => meters)) {
    const total = totals.get(counter) ?? { volume: 0, unknown: 0 };
    totals.set(counter, { volume: total.volume + (volume ?? 0), unknown: total.unknown + (volume === null ? 1 : 0) });
  }
  const inOrder = [...totals].sort(([one], [other]) => one.localeCompare(other));
  return inOrder.map(([counter, total]) => ({ counter, ...total }));
}

const presentedTemplate = ({ id, name, layout }: ReportTemplateEntity): ReportTemplate => ({ id, name, ...layout });

const presentedMail = (mail: ReportMailEntity): ReportMail => {
  const { id, customerId, to, day, format, templateId, language, nextAt, sentAt, problem } = mail;
  return {
    ...{ id, customerId, to, day, format, templateId, language, problem },
    ...{ nextAt: toInstant(nextAt), sentAt: sentAt && toInstant(sentAt) },
  };
};
