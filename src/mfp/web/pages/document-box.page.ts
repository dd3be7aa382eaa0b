import type { Boxes } from '../../boxes/boxes';
import { sendPage, type Exchange } from '../exchange';
import { html, type Html } from '../html';
import { layout } from '../layout';

/** `GET /document-box`: what is stored, without the documents themselves. */
export function documentBoxPage(exchange: Exchange): Promise<void> {
  const { boxes } = exchange.machine;
  const body = html`<p>Scan to a box at the operation panel. Programs reach the boxes at a port of their own.</p>
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
                    <td>${name}</td>
                    <td class="number">${bytes.toLocaleString('en')}</td>
                    <td>${modifiedAt.slice(0, 16).replace('T', ' ')}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}
