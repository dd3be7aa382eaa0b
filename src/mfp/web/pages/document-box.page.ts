import type { Boxes } from '../../boxes/boxes';
import { sendPage, type Exchange } from '../exchange';
import { html, type Html } from '../html';
import { layout } from '../layout';

/** `GET /document-box` */
export function documentBoxPage(exchange: Exchange): Promise<void> {
  const { boxes } = exchange.machine;
  const body = html`<p>Scan to a box at the operation panel, or send a document to it at <code>/boxes</code>.</p>
    ${boxes.names.map((box) => section(boxes, box))}`;
  return sendPage(exchange, layout(exchange, { title: 'Document box', body }));
}

function section(boxes: Boxes, box: string): Html {
  const documents = boxes.list(box);
  return html`<section class="card scroll">
    <h2>${box}</h2>
    ${
      documents.length === 0
        ? html`<p class="soft">This box is empty. Scan a document to it at the operation panel.</p>`
        : html`<table>
            <thead>
              <tr>
                <th>Document</th>
                <th class="number">Bytes</th>
                <th>Stored (UTC)</th>
              </tr>
            </thead>
            <tbody>
              ${documents.map(
                ({ name, bytes, modifiedAt }) =>
                  html`<tr>
                    <td><a href="/boxes/${box}/${name}">${name}</a></td>
                    <td class="number">${bytes.toLocaleString('en')}</td>
                    <td>${modifiedAt.slice(0, 16).replace('T', ' ')}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}
