import { createHash } from 'node:crypto';
import { FirmwareReader } from '../../firmware/firmware-file';
import { recordFirmware } from '../../firmware/record-firmware';
import { html, type Html } from '../html';
import { layout, note } from '../layout';
import { MFP_LIMITS } from '../../mfp-limits';
import { type Exchange, queryOf, redirect, sendPage } from '../exchange';
import { boundedBody, readMultipart } from '../request-body';
import { BadRequest } from '../web.errors';

/** `GET /firmware` */
export function firmwarePage(exchange: Exchange): Promise<void> {
  const done = queryOf(exchange, 'done') === 'received';
  return sendPage(exchange, view(exchange, done && note('good', 'The firmware file has been received.')));
}

/** `POST /firmware`: accepts a file in a multipart form (RFC 7578), and installs it if it is firmware of this machine. */
export async function uploadFirmware(exchange: Exchange): Promise<void> {
  const reader = new FirmwareReader();
  const { files } = await readMultipart(exchange.request, MFP_LIMITS.FIRMWARE_BYTES, (field, bytes) => {
    if (field === 'firmware') reader.write(bytes);
  });
  const file = files.find(({ field }) => field === 'firmware');
  if (!file) throw new BadRequest('The form has no firmware file.');
  if (!file.fileName.endsWith('.bin') || file.bytes === 0) {
    const message = note(
      'bad',
      'This is not a firmware file: choose a file that is not empty and whose name ends in .bin.',
    );
    return sendPage(exchange, view(exchange, message), 400);
  }
  const { bytes, sha256 } = file;
  const version = recordFirmware(exchange.machine, { fileName: file.fileName, bytes, sha256 }, reader);
  if (version === undefined) return redirect(exchange, '/firmware?done=received');
  exchange.response.once('close', () => exchange.machine.install(version));
  const words = `The device installs version ${version} and restarts. Reload this page in a moment.`;
  await sendPage(exchange, view(exchange, note('good', words)));
}

/** `PUT /firmware`: the same for programs that log in, with the file as the body. @throws LoginRequired, BadRequest */
export async function putFirmware({ request, response, machine, deviceLogin }: Exchange): Promise<void> {
  if (!deviceLogin) throw new BadRequest('This device takes firmware on its page only.', 405);
  deviceLogin.require(request);
  if (request.headers.expect !== undefined) response.writeContinue();
  const reader = new FirmwareReader();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of boundedBody(request, MFP_LIMITS.FIRMWARE_BYTES)) {
    reader.write(chunk);
    hash.update(chunk);
    bytes += chunk.length;
  }
  const version = recordFirmware(machine, { fileName: 'PUT', bytes, sha256: hash.digest('hex') }, reader);
  if (version === undefined) throw new BadRequest('This is not a firmware file of this device.');
  response.once('close', () => machine.install(version));
  response.status(204).end();
}

function view(exchange: Exchange, message: Html | false): Html {
  const { memory } = exchange.machine;
  const upload = memory.firmwareUpload;
  const body = html`${message}
    <section class="card">
      <h2>Installed</h2>
      <p>Version ${memory.firmware}</p>
      <form method="post" action="/firmware" enctype="multipart/form-data">
        <div class="field">
          <label for="firmware">Firmware file (.bin)</label>
          <input id="firmware" name="firmware" type="file" accept=".bin" required />
        </div>
        <button>Upload</button>
      </form>
    </section>
    ${
      upload &&
      html`<section class="card">
        <h2>Last file received</h2>
        <table>
          <tbody>
            <tr>
              <th>File</th>
              <td>${upload.fileName}</td>
            </tr>
            <tr>
              <th>Size</th>
              <td>${upload.bytes.toLocaleString('en')} bytes</td>
            </tr>
            <tr>
              <th>SHA-256</th>
              <td><code>${upload.sha256}</code></td>
            </tr>
            <tr>
              <th>Outcome</th>
              <td>${upload.outcome}</td>
            </tr>
            <tr>
              <th>Received (UTC)</th>
              <td>${upload.at.slice(0, 19).replace('T', ' ')}</td>
            </tr>
          </tbody>
        </table>
      </section>`
    }`;
  return layout(exchange, { title: 'Firmware', body });
}
