import { auditEvent, page } from '../../src/protocol/api';
import { backups } from '../../src/protocol/backup';
import { itRefuses, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

export function describeBackups(api: () => RestApi): void {
  describe('backups', () => {
    const state = () => api().answers('ada', 'GET /api/backups', backups);
    const ended = () => until('no backup is being written', async () => (await state()).running === null);

    it('are written on request, and listed', async () => {
      await ended(); // the scheduled one
      const before = await state();
      expect(before).toMatchObject({ schedule: { hours: 24, kept: 7, encrypted: false }, overdue: false });
      const started = await api().answers('ada', 'POST /api/backups', backups, {}, 202);
      expect(started.schedule).toEqual(before.schedule);
      await ended();
      const { rows, failure } = await state();
      expect(failure).toBeNull();
      expect(rows[0]).toMatchObject({ name: expect.stringMatching(/^platen-.*\.backup$/), encrypted: false });
      const { rows: entries } = await api().answers('ada', 'GET /api/audit', page(auditEvent));
      expect(entries.map(({ action }) => action)).toContain('backup.requested');
    });

    itRefuses(api, [
      ['a technician', 'tom', 'GET /api/backups', '403 forbidden'],
      ['a technician', 'tom', 'POST /api/backups', '403 forbidden'],
    ]);
  });
}
