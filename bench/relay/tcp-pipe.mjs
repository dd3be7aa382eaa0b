// The least that a forwarder in Node can do: joins each two connections with `pipe`.
import { createServer } from 'node:net';

let waiting;
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  if (!waiting) return void (waiting = socket);
  const other = waiting;
  waiting = undefined;
  socket.pipe(other).pipe(socket);
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
