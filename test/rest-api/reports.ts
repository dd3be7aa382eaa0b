import { z } from 'zod';
import { customer } from '../../src/protocol/api';
import {
  meterReport,
  reportMail,
  reportPreview,
  reportTemplate,
  type NewReportTemplate,
} from '../../src/protocol/meter-report';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';

export function describeReports(api: () => RestApi): void {
  describe('meter reports', () => {
    const today = new Date().toISOString().slice(0, 10);
    const period = { from: today, to: today };
    const columns = [
      { heading: 'SERIAL', field: 'serial' as const },
      { heading: 'TOTAL', field: 'last' as const, counter: 'impressions' },
    ];
    const template: NewReportTemplate = { name: 'ERP', line: 'device', separator: ';', headings: true, columns };
    const acme = async () =>
      (await api().answers('ada', 'GET /api/customers', z.array(customer))).find(({ name }) => name === 'Acme')!.id;

    it('have the devices of a customer', async () => {
      const query = { ...period, customerId: await acme() };
      const report = await api().answers('tom', 'GET /api/meter-report', meterReport, { query });
      expect(report.customerName).toBe('Acme');
      const ids = report.devices.map(({ deviceId }) => deviceId);
      expect(ids).toContain('printer');
    });

    it.each([
      ['csv', 'text/csv'],
      ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
      ['json', 'application/json'],
    ])('are files: %s', async (format, type) => {
      const query = { ...period, format };
      const answer = await api().succeeds('tom', 'GET /api/meter-report/file', { query }, 200);
      expect(answer.get('Content-Type')).toContain(type);
      expect(answer.get('Content-Disposition')).toBe(`attachment; filename=meters-all-${today}-${today}.${format}`);
      expect(answer.get('Cache-Control')).toBe('no-store');
    });

    it('have the columns of a template', async () => {
      const route = 'POST /api/report-templates';
      const { id } = await api().answers('ada', route, reportTemplate, { body: template }, 201);
      await api().refuses('ada', route, '409 conflict', { body: template });
      const changed = { ...template, separator: ',' as const };
      const call = { params: { id }, body: changed };
      expect(await api().answers('ada', 'PUT /api/report-templates/:id', reportTemplate, call)).toEqual({
        id,
        ...changed,
      });
      expect(await api().answers('tom', 'GET /api/report-templates', z.array(reportTemplate))).toEqual([
        { id, ...changed },
      ]);
      const query = { ...period, format: 'csv', templateId: id };
      const file = await api().succeeds('tom', 'GET /api/meter-report/file', { query }, 200);
      expect(file.text.split('\r\n')[0]).toBe('\uFEFFSERIAL,TOTAL');
      await api().succeeds('ada', 'DELETE /api/report-templates/:id', { params: { id } });
      await api().refuses('tom', 'GET /api/meter-report/file', '404 not-found', { query });
    });

    it('have a preview of the columns of a template', async () => {
      const report = { ...period, customerId: await acme() };
      const query = { template: { ...template, columns: [columns[0], { heading: '', field: 'device' }] }, report };
      const { lines } = await api().answers('ada', 'POST /api/report-templates/preview', reportPreview, {
        body: query,
      });
      expect(lines.length).toBeLessThanOrEqual(5);
      expect(lines.map(([, device]) => device)).toContain('printer');
      await api().refuses('tom', 'POST /api/report-templates/preview', '403 forbidden', { body: query });
      const ofNoMeter = { ...query, template: { ...template, columns: [{ heading: 'X', field: 'last' }] } };
      await api().refuses('ada', 'POST /api/report-templates/preview', '400 invalid-request', { body: ofNoMeter });
    });

    it('are mailed each month', async () => {
      const body = { customerId: await acme(), to: 'billing@example.com', day: 3, format: 'xlsx' };
      const added = await api().answers('ada', 'POST /api/report-mails', reportMail, { body }, 201);
      expect(added).toMatchObject({ ...body, templateId: null, language: 'en', sentAt: null, problem: '' });
      expect(Date.parse(added.nextAt)).toBeGreaterThan(Date.now());
      expect(added.nextAt).toMatch(/-03T06:00:00.000Z$/);
      expect(await api().answers('ada', 'GET /api/report-mails', z.array(reportMail))).toEqual([added]);
      const call = { params: { id: added.id } };
      await api().succeeds('ada', 'DELETE /api/report-mails/:id', call);
      await api().refuses('ada', 'DELETE /api/report-mails/:id', '404 not-found', call);
    });

    const mail = { customerId: UNKNOWN_ID, to: 'billing@example.com', day: 3, format: 'xlsx' };
    const unknown = { params: { id: UNKNOWN_ID } };
    itRefuses(api, [
      ['a report of no period', 'tom', 'GET /api/meter-report', '400 invalid-request'],
      [
        'a report of a period that ends before it begins',
        'tom',
        'GET /api/meter-report',
        '400 invalid-request',
        { query: { from: '2026-03-02', to: '2026-03-01' } },
      ],
      [
        'a report of years',
        'tom',
        'GET /api/meter-report',
        '400 invalid-request',
        { query: { from: '2020-03-02', to: '2026-03-01' } },
      ],
      [
        'a report of an unknown customer',
        'tom',
        'GET /api/meter-report',
        '404 not-found',
        { query: { ...period, customerId: UNKNOWN_ID } },
      ],
      [
        'a file of an unknown format',
        'tom',
        'GET /api/meter-report/file',
        '400 invalid-request',
        { query: { ...period, format: 'pdf' } },
      ],
      [
        'a template whose columns name no counter',
        'ada',
        'POST /api/report-templates',
        '400 invalid-request',
        { body: { ...template, columns: [{ heading: 'V', field: 'volume' }] } },
      ],
      [
        'to change an unknown template',
        'ada',
        'PUT /api/report-templates/:id',
        '404 not-found',
        { ...unknown, body: template },
      ],
      ['to remove an unknown template', 'ada', 'DELETE /api/report-templates/:id', '404 not-found', unknown],
      ['a mail of an unknown customer', 'ada', 'POST /api/report-mails', '404 not-found', { body: mail }],
      ['a mail on day 31', 'ada', 'POST /api/report-mails', '400 invalid-request', { body: { ...mail, day: 31 } }],
      [
        'a mail to several',
        'ada',
        'POST /api/report-mails',
        '400 invalid-request',
        { body: { ...mail, to: 'a@b.c,d@e.f' } },
      ],
    ]);
  });
}
