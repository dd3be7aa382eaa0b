import { IPP_OPERATIONS } from '../../ipp/ipp-registry';
import type { IppAttributes } from '../../ipp/ipp-message';
import type { Operation } from '../../protocol/maintenance';

/** What a device reports that decides whether it can execute an operation now, beside its device information. */
export interface Readiness {
  /** Print jobs that are not finished (queued-job-count, RFC 8011 5.4.24); null: not reported. */
  readonly queuedJobs: number | null;
  /** printer-is-accepting-jobs (RFC 8011 5.4.23); true if it is not reported. */
  readonly acceptsJobs: boolean;
  /** Operations that the device can never execute, by its operations-supported (RFC 8011 5.4.15). */
  readonly impossible: readonly Operation[];
}

/** Of a device that reports none of it, or has not answered yet. */
export const UNREPORTED: Readiness = { queuedJobs: null, acceptsJobs: true, impossible: [] };

/** Attributes that `readinessOf` uses. */
export const READINESS_ATTRIBUTES: readonly string[] = [
  'queued-job-count',
  'printer-is-accepting-jobs',
  'operations-supported',
];

/** Not `restart`: a device without Restart-Printer may have Restart-System, which the printer does not list. */
const NEEDS = { identify: 'Identify-Printer', 'test-page': 'Print-Job' } as const;

export function readinessOf(attributes: IppAttributes): Readiness {
  const queued = attributes.get('queued-job-count')?.[0];
  const supported = attributes.get('operations-supported') ?? [];
  const needs = Object.entries(NEEDS) as [keyof typeof NEEDS, (typeof NEEDS)[keyof typeof NEEDS]][];
  const missing = needs.filter(([, name]) => !supported.includes(IPP_OPERATIONS[name]));
  return {
    queuedJobs: typeof queued === 'number' && queued >= 0 ? queued : null,
    acceptsJobs: attributes.get('printer-is-accepting-jobs')?.[0] !== false,
    impossible: supported.length === 0 ? [] : missing.map(([operation]) => operation),
  };
}
