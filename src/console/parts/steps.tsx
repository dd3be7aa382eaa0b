import type { ReactNode } from 'react';
import { CheckIcon, CrossIcon } from './icons';

export type Mark = 'done' | 'now' | 'next' | 'bad';
export interface MarkedStep {
  readonly key: string;
  readonly mark: Mark;
  readonly title: string;
  /** A line below the title. */
  readonly hint?: ReactNode;
}

/** Completed steps, the current one, and the next ones. */
export const Steps = ({ label, steps }: { label: string; steps: readonly MarkedStep[] }) => (
  <ol className="progress" aria-label={label}>
    {steps.map(({ key, mark, title, hint }) => (
      <li key={key} className={mark} aria-current={mark === 'now' ? 'step' : undefined}>
        <span className="mark">
          {mark === 'done' && <CheckIcon size={14} />}
          {mark === 'bad' && <CrossIcon size={14} />}
        </span>
        <span>
          {title}
          {hint && <span className="minor countdown">{hint}</span>}
        </span>
      </li>
    ))}
  </ol>
);
