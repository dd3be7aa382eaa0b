// The application at the end of all ways. A request has 64 bytes: `D` or `U`, and a length as text. `D` (down) is answered with
// as many bytes; after `U` (up), as many bytes follow, and are answered with one.
//   node bench/tunnel/application.mjs [host]
import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';
import { REQUEST_BYTES } from './client.mjs';

const PIECE = Buffer.alloc(256 * 1024, 0x5a);
const ONE = Buffer.from('1');

const server = createServer({ noDelay: true }, (socket) => {
  let head = Buffer.alloc(0);
  let upload = 0;
  let download = 0;
  const send = () => {
    while (download > 0) {
      const piece = PIECE.subarray(0, Math.min(PIECE.length, download));
      download -= piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', send);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (upload > 0) {
        const taken = Math.min(upload, rest.length);
        upload -= taken;
        rest = rest.subarray(taken);
        if (upload === 0) socket.write(ONE);
        continue;
      }
      const missing = REQUEST_BYTES - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < REQUEST_BYTES) return;
      const length = Number(head.subarray(1).toString());
      if (head[0] === 0x55) upload = length;
      else {
        download += length;
        send();
      }
      head = Buffer.alloc(0);
    }
  });
});
server.listen(0, process.argv[2] ?? '127.0.0.1', () => process.send(server.address().port));
// it ends with the process that has started it
process.on('disconnect', () => process.exit(0));
