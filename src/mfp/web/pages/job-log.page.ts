import { once } from 'node:events';
import { aroundContent, CONTENT, html, type Html } from '../html';
import { layoutAround } from '../layout';
import type { Job } from '../../machine/memory';
import type { Exchange } from '../exchange';

/** `GET /job-log`: sent row by row in chunks (RFC 9112 7.1), like devices that read their log from flash memory. */
export async function jobLogPage(exchange: Exchange): Promise<void> {
  const { response, machine } = exchange;
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  for (const piece of pieces(exchange, [...machine.memory.jobs].reverse())) {
    if (response.destroyed) return;
    if (!response.write(piece.text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

function* pieces(exchange: Exchange, jobs: Job[]): Generator<Html> {
  const page = layoutAround(exchange, 'Job log');
  const table = aroundContent(
    html`<p><a class="button quiet" href="/files/job-log-export.bin">Export the whole log (100 MB)</a></p>
      <section class="card scroll">
        <table>
          <thead>
            <tr>
              <th>Job</th>
              <th>Title</th>
              <th>Owner</th>
              <th class="number">Pages</th>
              <th>Received (UTC)</th>
              <th>Result</th>
            </tr>
          </thead>
          <tbody>
            ${CONTENT}
          </tbody>
        </table>
      </section>`,
  );
  yield page.before;
  yield table.before;
  for (const job of jobs) yield row(job);
  yield table.after;
  yield page.after;
}

const row = ({ id, title, owner, pages, printed, colour, receivedAt, result }: Job): Html =>
  html`<tr>
    <td>${id}</td>
    <td>${title}</td>
    <td>${owner}</td>
    <td class="number">${printed === pages ? pages : `${printed} of ${pages}`}${colour && ' C'}</td>
    <td>${receivedAt.slice(0, 16).replace('T', ' ')}</td>
    <td>${result}</td>
  </tr>`;
