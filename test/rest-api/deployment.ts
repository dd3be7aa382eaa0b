import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { browserSession, relay } from '../../src/protocol/api';
import { deployment, release, type Deployment } from '../../src/protocol/deployment';
import { connectionInfo } from '../../src/protocol/control-channel';
import { RELEASE_MEDIA_TYPE } from '../../src/protocol/release';
import { serveTunnel } from '../../src/tunnel/http2-tunnel';
import { dialRelay } from '../../src/tunnel/relay-connection';
import type { DeploymentPlane } from '../support/deployment/deployment-plane';
import type { ReleaseMaker } from '../support/deployment/release-maker';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';

/** @param maker whose public key the server has */
export function describeReleases(api: () => RestApi, maker: ReleaseMaker): void {
  describe('releases', () => {
    const upload = (bytes: Buffer) => ({ file: { type: RELEASE_MEDIA_TYPE, bytes } });

    it('are uploaded, listed and removed', async () => {
      const file = upload(maker.make('1.2.0', 'a script', { notes: 'Faster' }));
      const stored = await api().answers('ada', 'POST /api/releases', release, file, 201);
      expect(stored).toMatchObject({ name: '1.2.0', version: '1.2.0', bytes: 8, notes: 'Faster', serving: false });
      const list = () => api().answers('ada', 'GET /api/releases', z.array(release));
      expect((await list()).map(({ name }) => name)).toEqual(['built-in', '1.2.0']);
      const params = { version: '1.2.0' };
      const other = upload(maker.make('1.2.0', 'another script'));
      await api().refuses('ada', 'POST /api/releases', '409 conflict', other);
      await api().succeeds('ada', 'DELETE /api/releases/:version', { params });
      expect((await list()).map(({ name }) => name)).toEqual(['built-in']);
      await api().refuses('ada', 'DELETE /api/releases/:version', '404 unknown-release', { params });
    });

    const damaged = upload(maker.make('1.3.0', 'a script', { sha256: '0'.repeat(64) }));
    itRefuses(api, [
      ['a technician', 'tom', 'POST /api/releases', '403 forbidden', upload(maker.make('1.3.0'))],
      ['another content than signed', 'ada', 'POST /api/releases', '422 release-refused', damaged],
      ['a file that is no release', 'ada', 'POST /api/releases', '422 release-refused', upload(Buffer.from('x\n'))],
      ['a form', 'ada', 'POST /api/releases', '400 invalid-request', { body: {} }],
      [
        'an unknown version',
        'ada',
        'DELETE /api/releases/:version',
        '404 unknown-release',
        { params: { version: '9.9.9' } },
      ],
      [
        'text that is no version',
        'ada',
        'DELETE /api/releases/:version',
        '400 invalid-request',
        { params: { version: 'new' } },
      ],
    ]);
  });
}

export function describeDeployments(api: () => RestApi, stage: () => DeploymentPlane): void {
  describe('deployments', () => {
    afterAll(() => stage().reset());
    const instruct = (body: object) => api().answers('ada', 'POST /api/deployments', deployment, { body }, 201);
    const press = (button: 'execution' | 'abortion', { id }: Deployment, body?: object) =>
      api().answers('ada', `POST /api/deployments/:id/${button}`, deployment, { params: { id }, body });

    it('are listed with the devices in session, executed and aborted', async () => {
      const { id: sessionId } = await stage().plane.established('tom');
      const listed = await instruct({ pairs: 2 });
      expect(listed).toMatchObject({ state: 'listed', relayId: 'local', from: { pairs: 1 }, to: { pairs: 2 } });
      expect(listed.sessions).toEqual([expect.objectContaining({ remoteSessionId: sessionId, outcome: 'open' })]);
      await api().refuses('ada', 'POST /api/deployments', '409 deployment-open', { body: { pairs: 3 } });
      expect(await press('execution', listed, { when: 'idle' })).toMatchObject({ state: 'awaiting-idle' });
      const aborted = await press('abortion', listed);
      expect(aborted).toMatchObject({ state: 'aborted', reason: 'aborted-by-administrator' });
      const params = { id: listed.id };
      await api().refuses('ada', 'POST /api/deployments/:id/abortion', '409 wrong-state', { params });
      await api().refuses('ada', 'POST /api/deployments/:id/execution', '409 wrong-state', { params, body: {} });
      await stage().reset();
    });

    it('replace the relay, which then carries a session for a browser, and are rolled back', async () => {
      const first = await instruct({ pairs: 2 });
      const earlier = { params: { id: first.id } };
      await stage().reaches(first.id, 'deployed');
      expect(await api().answers('ada', 'GET /api/relays', z.array(relay))).toContainEqual(
        expect.objectContaining({ id: 'local', pairs: 2 }),
      );

      const { plane } = stage();
      const id = await plane.requested('tom');
      await plane.decide(id, 'approved');
      const device = await dialRelay(
        connectionInfo.parse(await plane.agent.awaitRequest('connection-info', id)),
        'device',
      );
      const open = () => Promise.resolve(new PassThrough());
      serveTunnel(device.bytes, { remoteSessionId: id, originsOf: () => ({ own: 'http://192.0.2.20' }), open });
      const params = { id };
      const opened = await api().answers('tom', 'POST /api/sessions/:id/browser', browserSession, { params }, 201);
      expect(opened).toMatchObject({ enterUrl: expect.stringContaining(opened.origin), view: 'pages' });
      await api().refuses('tess', 'POST /api/sessions/:id/browser', '404 unknown-session', { params });
      await api().refuses('tess', 'DELETE /api/sessions/:id/browser', '404 unknown-session', { params });
      void plane.agent.awaitRequest('terminate', id).then(() => device.terminate());
      await api().succeeds('tom', 'DELETE /api/sessions/:id/browser', { params });
      await plane.reaches(id, 'ended');

      const back = await api().answers('ada', 'POST /api/deployments/:id/roll-back', deployment, earlier, 201);
      expect(back).toMatchObject({ from: { pairs: 2 }, to: { pairs: 1 } });
      await stage().reaches(back.id, 'deployed');
      await api().refuses('ada', 'POST /api/deployments/:id/roll-back', '409 wrong-state', earlier);
    });

    it('are shown one by one, and in pages, newest first', async () => {
      const rows = await api().pages('ada', 'GET /api/deployments', deployment);
      expect(rows.map(({ state }) => state)).toEqual(['deployed', 'deployed', 'aborted']);
      const params = { id: rows[0]!.id };
      expect(await api().answers('ada', 'GET /api/deployments/:id', deployment, { params })).toEqual(rows[0]);
    });

    const body = (change: object) => ({ body: { pairs: 2, ...change } });
    const unknown = { params: { id: UNKNOWN_ID } };
    itRefuses(api, [
      ['a technician', 'tom', 'POST /api/deployments', '403 forbidden', body({})],
      ['nothing to change', 'ada', 'POST /api/deployments', '409 nothing-to-deploy', { body: {} }],
      ['an unknown release', 'ada', 'POST /api/deployments', '404 unknown-release', body({ release: '9.9.9' })],
      ['an unknown relay', 'ada', 'POST /api/deployments', '404 unknown-relay', body({ relayId: 'east' })],
      ['no pairs', 'ada', 'POST /api/deployments', '400 invalid-request', body({ pairs: 0 })],
      [
        'a time in the past',
        'ada',
        'POST /api/deployments',
        '400 invalid-request',
        body({ when: 'at', at: '2001-01-01T00:00:00Z' }),
      ],
      ['an unknown deployment', 'ada', 'GET /api/deployments/:id', '404 unknown-deployment', unknown],
      [
        'its execution',
        'ada',
        'POST /api/deployments/:id/execution',
        '404 unknown-deployment',
        { ...unknown, body: {} },
      ],
      ['its abortion', 'ada', 'POST /api/deployments/:id/abortion', '404 unknown-deployment', unknown],
      ['its roll-back', 'ada', 'POST /api/deployments/:id/roll-back', '404 unknown-deployment', unknown],
    ]);
  });
}
