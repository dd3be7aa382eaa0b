import { Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { AlertRule } from '../../../protocol/alert';
import type { Condition } from './conditions';

/** Of this server. `raises`: false keeps an alert open, and raises none. */
export type ServerFinding = Pick<Condition, 'facts' | 'severity'> & Partial<Pick<Condition, 'subject' | 'raises'>>;
/** undefined: not known yet. */
type Source = (now: Date) => Promise<readonly ServerFinding[] | undefined>;

/** What stands still on this server without anybody looking. The modules that know it register how it is found. */
@Injectable()
export class ServerConditions {
  private readonly sources = new Map<AlertRule, Source>();

  constructor(private readonly journal: Journal) {}

  register(rule: AlertRule, source: Source): void {
    this.sources.set(rule, source);
  }

  /** @returns `unknown`: rules of which nothing could be found out; their alerts stay as they are */
  async check(now: Date): Promise<{ found: Condition[]; unknown: ReadonlySet<AlertRule> }> {
    const found: Condition[] = [];
    const unknown = new Set<AlertRule>();
    for (const [rule, source] of this.sources)
      try {
        const findings = await source(now);
        if (!findings) unknown.add(rule);
        for (const { subject = '', raises = true, ...each } of findings ?? [])
          found.push({ rule, subject, raises, holdMs: 0, ...each });
      } catch (error) {
        unknown.add(rule);
        this.journal.unexpected(error, `evaluating the alert ${rule}`);
      }
    return { found, unknown };
  }
}
