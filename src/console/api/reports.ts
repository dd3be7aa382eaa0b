import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import {
  meterReport,
  reportMail,
  reportPreview,
  reportTemplate,
  type NewReportMail,
  type NewReportTemplate,
  type ReportFormat,
  type ReportQuery,
} from '../../protocol/meter-report';
import { queryOf } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

/** A report of thousands of devices takes a while. */
const TIMEOUT_MS = 120_000;

export const useMeterReport = (query: ReportQuery) =>
  useQuery({
    queryKey: ['meter-report', query.customerId ?? null, query.from, query.to],
    queryFn: () => call(meterReport, 'GET', `/meter-report?${queryOf(query)}`, undefined, TIMEOUT_MS),
    staleTime: 0,
  });

/** The address of a report as a file. */
export const reportFile = (query: ReportQuery, format: ReportFormat, templateId?: string): string =>
  `/api/meter-report/file?${queryOf({ ...query, format, templateId })}`;

export const useReportTemplates = () =>
  useQuery({
    queryKey: ['report-templates'],
    queryFn: () => call(z.array(reportTemplate), 'GET', '/report-templates'),
  });

/** Adds a template, or replaces the one with this ID. */
export function useSaveTemplate(id: string | null) {
  const client = useClient();
  return useMutation({
    mutationFn: (template: NewReportTemplate) =>
      id === null
        ? call(reportTemplate, 'POST', '/report-templates', template)
        : call(reportTemplate, 'PUT', `/report-templates/${id}`, template),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['report-templates'] }),
  });
}
export function useRemoveTemplate() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/report-templates/${id}`),
    onSuccess: () => {
      // mails with the template are sent without one
      for (const key of ['report-templates', 'report-mails']) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

/** The first lines of a file. @param template undefined: it is not complete yet */
export const useReportPreview = (template: NewReportTemplate | undefined, report: ReportQuery) =>
  useQuery({
    queryKey: ['report-preview', template, report],
    queryFn: () => call(reportPreview, 'POST', '/report-templates/preview', { template, report }),
    enabled: template !== undefined,
    // the lines of the columns before stay until those of the columns now are there
    placeholderData: (earlier) => earlier,
  });

export const useReportMails = () =>
  useQuery({
    queryKey: ['report-mails'],
    queryFn: () => call(z.array(reportMail), 'GET', '/report-mails'),
    staleTime: 0,
  });

export function useAddReportMail() {
  const client = useClient();
  return useMutation({
    mutationFn: (mail: NewReportMail) => call(reportMail, 'POST', '/report-mails', mail),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['report-mails'] }),
  });
}
export function useRemoveReportMail() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/report-mails/${id}`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['report-mails'] }),
  });
}
