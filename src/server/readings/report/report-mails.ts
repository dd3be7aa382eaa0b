import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { Language } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { jittered } from '../../../protocol/waits';
import { CONFIG, type Config } from '../../config/config';
import { MailFailed, MailTransport, type Mail } from '../../notices/mail/mail-transport';
import { mailRetries, Outbox } from '../../outbox/outbox';
import type { ReportFile } from './report-file';
import { daysOf, followingMonth, mailedAt } from './report-months';
import type { ReportMailEntity } from './report.entities';
import { ReportsRepository } from './reports.repository';
import { ReportsService } from './reports.service';

const TEXTS: Record<Language, (file: string, from: string, to: string) => { subject: string; lines: string[] }> = {
  en: (file, from, to) => ({
    subject: `Meter report, ${from} to ${to}`,
    lines: [`The meter report from ${from} to ${to} (UTC) is attached: ${file}`],
  }),
  ja: (file, from, to) => ({
    subject: `カウンター検針レポート ${from} ～ ${to}`,
    lines: [`${from} から ${to} まで (UTC) のカウンター検針レポートを添付します: ${file}`],
  }),
};

/** Mails the reports of the month before, one at a time. */
@Injectable()
export class ReportMails extends Outbox<ReportMailEntity> {
  constructor(
    private readonly repository: ReportsRepository,
    private readonly reports: ReportsService,
    private readonly transport: MailTransport,
    journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super(journal, 'meter reports', 1);
  }

  protected override isOn(): boolean {
    return this.config.mail !== undefined;
  }
  /** A report may be due in weeks: the clock of the server can be set until then, and mails are added. */
  protected override lookMs(): number {
    return jittered(LIMITS.REPORT_MAIL_CHECK_MS, { least: 0.75, most: 1.25 });
  }
  protected claimNext(now: Date): Promise<ReportMailEntity | undefined> {
    return this.repository.claimMail(now);
  }
  protected nextDue(): Promise<Date | undefined> {
    return this.repository.nextMailDue();
  }
  protected releaseClaims(before: Date): Promise<void> {
    return this.repository.releaseMails(before);
  }
  protected recipientOf({ id }: ReportMailEntity): string {
    return id;
  }

  protected async attempt(mail: ReportMailEntity): Promise<void> {
    const { id, attempts } = mail;
    try {
      const days = daysOf(mail.month);
      const file = await this.reports.fileFor(mail, days);
      if (!file) return await this.repository.removeMail(id);
      await this.transport.send(this.mailOf(mail, days, file), this.stopping.signal);
    } catch (error) {
      return this.failed(mail, error as Error);
    }
    this.journal.info('a meter report has been mailed', { reportMailId: id, attempts });
    await this.repository.settleMail(id, { ...nextOf(mail), problem: '', sentAt: new Date() });
  }

  private mailOf({ id, to, language }: ReportMailEntity, days: ReturnType<typeof daysOf>, file: ReportFile): Mail {
    const { subject, lines } = TEXTS[language](file.name, days.from, days.to);
    const { publicUrl } = this.config.http;
    const signature = ['', '-- ', publicUrl ? `Platen, ${publicUrl}` : 'Platen', ''];
    return {
      ...{ to, subject, language, date: new Date() },
      text: [...lines, ...signature].join('\n'),
      // the same at each attempt, so that a mail that was accepted twice is seen once
      messageId: `<${id}.${days.from}@${this.config.mail!.from.split('@').at(-1)}>`,
      attachments: [{ filename: file.name, content: file.content, contentType: file.type }],
    };
  }

  private async failed(mail: ReportMailEntity, error: Error): Promise<void> {
    const { id: reportMailId, attempts, month } = mail;
    const isPermanent = error instanceof MailFailed && error.permanent;
    const nextAt = isPermanent ? undefined : this.nextAttempt(attempts, mailRetries());
    const problem = error.message.slice(0, 300);
    this.journal.warn(
      nextAt ? 'a meter report could not be mailed; retrying later' : 'a meter report could not be mailed',
      { reportMailId, attempts, detail: problem },
    );
    const next = nextAt ? { nextAt, month, attempts } : nextOf(mail);
    await this.repository.settleMail(reportMailId, { ...next, problem });
  }
}

const nextOf = ({ month, day }: ReportMailEntity) => {
  const next = followingMonth(month);
  return { month: next, nextAt: mailedAt(next, day), attempts: 0 };
};
