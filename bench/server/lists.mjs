// Pages of the lists that the console shows, over HTTP.
import { performance } from 'node:perf_hooks';
import { built } from '../../test/campaigns/campaign.mjs';
import { deviceIdOf } from '../../test/campaigns/storm/filled-database.mjs';
import { percentile } from '../report.mjs';
import { addAdministrator, ADMIN, fill, newInstallation, startServer } from './filled-server.mjs';

const PAGE_ROWS = 200;
/** Below the requests that one user may send in a minute (API_REQUESTS_PER_MINUTE), all lists together. */
const PAGES = 100;

export async function run({ quick }) {
  const [agents, sessions] = quick ? [500, 5_000] : [5_000, 100_000];
  const installation = await newInstallation();
  await fill(installation, { agents, sessions, withDevices: true });
  await addAdministrator(installation);
  const server = await startServer(installation);
  const { request } = built('src/demo/api-request');
  const { cookie } = await request(installation.url, 'POST', '/api/auth/login', ADMIN);

  const lists = {
    [`devices, ${agents}`]: 'devices',
    [`past sessions, ${sessions}`]: 'sessions',
    'past sessions of one device': `sessions?deviceId=${deviceIdOf(7)}`,
    'live sessions': 'sessions?state=live',
  };
  const figures = {};
  for (const [name, path] of Object.entries(lists)) {
    const times = [];
    let cursor;
    let rows = 0;
    while (times.length < PAGES) {
      const query = `limit=${PAGE_ROWS}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
      const since = performance.now();
      const joined = `/api/${path}${path.includes('?') ? '&' : '?'}${query}`;
      const { body } = await request(installation.url, 'GET', joined, undefined, cookie);
      times.push(performance.now() - since);
      rows += body.rows.length;
      cursor = body.next; // after the last page: the first one again
    }
    figures[name] = { rows, first: times[0], p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  }
  await server.end();
  installation.remove();
  return {
    title: 'Lists',
    method: `${PAGES} pages of ${PAGE_ROWS} rows each, one request after the other, each for the page that follows.`,
    tables: [
      {
        columns: ['list', 'rows in all', 'first request, ms', 'p50, ms', 'p99, ms'],
        rows: Object.entries(figures).map(([name, { rows, first, p50, p99 }]) => [
          ...[name, String(rows), first.toFixed(1), p50.toFixed(1), p99.toFixed(1)],
        ]),
      },
    ],
    figures,
  };
}
