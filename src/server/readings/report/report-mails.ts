import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { Language } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { jittered } from '../../../protocol/waits';
import { CONFIG, type Config } from '../../config/config';
import { MailFailed, MailTransport, type Mail } from '../../notices/mail/mail-transport';
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

/** Mails the reports of the month before, one at a time. What is due is in the database, so a restart loses none. */
@Injectable()
export class ReportMails implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: ReportsRepository,
    private readonly reports: ReportsService,
    private readonly transport: MailTransport,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.mail) this.running = this.runAlways().catch(() => undefined); // stopped while it waited
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** @param now what is due at this time */
  async sendDue(now = new Date()): Promise<void> {
    for (const mail of await this.repository.dueMails(now, LIMITS.REPORT_MAILS)) {
      this.stopping.signal.throwIfAborted();
      await this.send(mail);
    }
  }

  private async runAlways(): Promise<void> {
    for (;;) {
      await wait(jittered(LIMITS.REPORT_MAIL_CHECK_MS, { least: 0.75, most: 1.25 }), undefined, {
        signal: this.stopping.signal,
      });
      await this.sendDue().catch((error: unknown) => {
        if (!this.stopping.signal.aborted) this.journal.unexpected(error, 'mailing meter reports');
      });
    }
  }

  private async send(mail: ReportMailEntity): Promise<void> {
    const attempts = mail.attempts + 1;
    try {
      const days = daysOf(mail.month);
      const file = await this.reports.fileFor(mail, days);
      if (!file) return await this.repository.removeMail(mail.id);
      await this.transport.send(this.mailOf(mail, days, file), this.stopping.signal);
    } catch (error) {
      if (this.stopping.signal.aborted) throw error;
      return this.failed(mail, attempts, error as Error);
    }
    this.journal.info('a meter report has been mailed', { reportMailId: mail.id, attempts });
    await this.repository.settleMail(mail.id, { ...nextOf(mail), problem: '', sentAt: new Date() });
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

  private async failed(mail: ReportMailEntity, attempts: number, error: Error): Promise<void> {
    const isLast = attempts >= LIMITS.MAIL_ATTEMPTS || (error instanceof MailFailed && error.permanent);
    const problem = error.message.slice(0, 300);
    this.journal.warn(
      isLast ? 'a meter report could not be mailed' : 'a meter report could not be mailed; retrying later',
      {
        ...{ reportMailId: mail.id, attempts, reason: problem },
      },
    );
    if (isLast) return this.repository.settleMail(mail.id, { ...nextOf(mail), problem });
    const ceiling = Math.min(LIMITS.MAIL_RETRY_MAX_MS, LIMITS.MAIL_RETRY_FIRST_MS * 2 ** (attempts - 1));
    const nextAt = new Date(Date.now() + jittered(ceiling, { least: 0.5, most: 1 }));
    await this.repository.settleMail(mail.id, { nextAt, month: mail.month, attempts, problem });
  }
}

const nextOf = ({ month, day }: ReportMailEntity) => {
  const next = followingMonth(month);
  return { month: next, nextAt: mailedAt(next, day), attempts: 0 };
};
