import { agentRelease, agentUpdates } from '../../src/protocol/agent-update';
import { reportUpdate } from '../../src/protocol/control-channel';
import { RELEASE_MEDIA_TYPE } from '../../src/protocol/release';
import type { ReleaseMaker } from '../support/deployment/release-maker';
import { setLimit } from '../support/relay/test-relay';
import { until } from '../support/until';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';

/** @param maker whose public key the server has */
export function describeAgentUpdates(api: () => RestApi, maker: ReleaseMaker): void {
  describe('updates of agents', () => {
    const upload = (version: string, product = 'platen-agent') => ({
      file: { type: RELEASE_MEDIA_TYPE, bytes: maker.make(version, 'a script', { product, notes: 'Faster' }) },
    });
    const view = () => api().answers('ada', 'GET /api/agent-updates', agentUpdates);

    it('are uploaded, rolled out, paused, continued and ended', async () => {
      const stored = await api().answers('ada', 'POST /api/agent-updates/releases', agentRelease, upload('9.1.0'), 201);
      expect(stored).toMatchObject({ version: '9.1.0', bytes: 8, notes: 'Faster' });
      expect(await view()).toMatchObject({ newest: '9.1.0', releases: [stored] });
      const body = { version: '9.1.0', canaries: ['box'], soakMinutes: 60 };
      const start = () => api().plane.call('ada', 'POST', '/agent-updates/rollouts', body);
      const started = (await Promise.all([start(), start()])).map(({ status }) => status);
      expect(started.sort()).toEqual([204, 409]);
      await api().refuses('ada', 'POST /api/agent-updates/rollouts', '409 rollout-open', { body });
      const { rollout } = await view();
      expect(rollout).toMatchObject({ ...body, customerIds: null, startedBy: 'ADA', endedAt: null });
      const params = { id: rollout!.id };
      for (const state of ['paused', 'running', 'ended']) {
        await api().succeeds('ada', 'PATCH /api/agent-updates/rollouts/:id', { params, body: { state } });
        expect((await view()).rollout).toMatchObject({ state });
        const release = { params: { version: '9.1.0' } };
        if (state !== 'ended')
          await api().refuses('ada', 'DELETE /api/agent-updates/releases/:version', '409 release-in-use', release);
        else await api().succeeds('ada', 'DELETE /api/agent-updates/releases/:version', release);
      }
      // it may have ended by the time it is asked for
      await api().succeeds('ada', 'PATCH /api/agent-updates/rollouts/:id', { params, body: { state: 'ended' } });
      const again = { params, body: { state: 'running' } };
      await api().refuses('ada', 'PATCH /api/agent-updates/rollouts/:id', '404 unknown-rollout', again);
    });

    it('give an agent its release, with the token of the offer', async () => {
      const { agent } = api().plane;
      const reported = { permitted: true, phase: 'none', version: null, detail: '' } as const;
      await agent.ask(reportUpdate, reported);
      await api().answers('ada', 'POST /api/agent-updates/releases', agentRelease, upload('9.3.0'), 201);
      setLimit('ROLLOUT_CHECK_MS', 50);
      const body = { version: '9.3.0', canaries: ['box'] };
      await api().succeeds('ada', 'POST /api/agent-updates/rollouts', { body });
      const { token } = await until('the offer', () => agent.asked.find(({ name }) => name === 'offer-update')?.body);
      const headers = { authorization: `Bearer ${String(token)}` };
      const download = { params: { version: '9.3.0' }, headers };
      const answer = await api().succeeds('anonymous', 'GET /api/agent/releases/:version', download, 200);
      expect((answer.body as Buffer).toString()).toBe('a script');
      const other = { params: { version: '9.4.0' }, headers };
      await api().refuses('anonymous', 'GET /api/agent/releases/:version', '401 not-logged-in', other);
      const { rollout } = await view();
      const ended = { params: { id: rollout!.id }, body: { state: 'ended' } };
      await api().succeeds('ada', 'PATCH /api/agent-updates/rollouts/:id', ended);
      jest.restoreAllMocks();
    });

    itRefuses(api, [
      ['a technician', 'tom', 'POST /api/agent-updates/releases', '403 forbidden', upload('9.2.0')],
      [
        'a release of the relay',
        'ada',
        'POST /api/agent-updates/releases',
        '422 release-refused',
        upload('9.2.0', 'platen-relay'),
      ],
      ['a release of the agent', 'ada', 'POST /api/releases', '422 release-refused', upload('9.2.0')],
      [
        'a rollout of an unknown release',
        'ada',
        'POST /api/agent-updates/rollouts',
        '404 unknown-release',
        { body: { version: '9.9.9', canaries: [] } },
      ],
      [
        'a rollout without a version',
        'ada',
        'POST /api/agent-updates/rollouts',
        '400 invalid-request',
        { body: { canaries: [] } },
      ],
      [
        'an unknown rollout',
        'ada',
        'PATCH /api/agent-updates/rollouts/:id',
        '404 unknown-rollout',
        { params: { id: UNKNOWN_ID }, body: { state: 'ended' } },
      ],
      [
        'an unknown release',
        'ada',
        'DELETE /api/agent-updates/releases/:version',
        '404 unknown-release',
        { params: { version: '9.9.9' } },
      ],
    ]);
  });
}
