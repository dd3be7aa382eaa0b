import { browserAccess } from '../../src/protocol/api';
import { problem } from '../../src/protocol/problems';
import { consoleCookie, Visit } from '../support/browser/browser-visit';
import { TestStage } from '../support/stage/test-stage';

let on: TestStage;
beforeAll(async () => {
  // at a name for which no session domain is known
  on = await TestStage.set({ env: { PLATEN_PUBLIC_URL: 'https://platen.example' } });
});
afterAll(() => on?.strike());

it('without a session domain the answer is the command for the terminal, and the session remains', async () => {
  expect(browserAccess.parse(await on.get('/api/browser-access'))).toEqual({ available: false });
  const visit = await Visit.approved(on, 'demo-mfp', 'web');
  const answer = await fetch(`${on.stage.serverUrl}/api/sessions/${visit.id}/browser`, {
    method: 'POST',
    headers: { cookie: await consoleCookie(on, 'technician') },
  });
  expect(problem.parse(await answer.json())).toMatchObject({
    status: 501,
    code: 'browser-access-unavailable',
    detail: expect.stringContaining("platen connect demo-mfp web --reason 'A look at the pages'"),
  });
  expect((await on.session(visit.id)).state).toBe('prepared');
  await visit.end();
});
