// A local port whose connections are WebSockets to another address, as a client of websockify or MeshCentral needs it.
//   node bench/tunnel/websocket-port.mjs ws://127.0.0.1:port/ [after-text]
// `after-text`: the other end is there only after its first message, a text.
import { createServer } from 'node:net';
import { pipeline } from 'node:stream';
import WebSocket, { createWebSocketStream } from 'ws';

const [address, mode] = process.argv.slice(2);
const server = createServer({ noDelay: true, allowHalfOpen: false, pauseOnConnect: true }, (socket) => {
  const ws = new WebSocket(address, { perMessageDeflate: false, rejectUnauthorized: false });
  const carry = () => {
    const stream = createWebSocketStream(ws);
    pipeline(socket, stream, () => undefined);
    pipeline(stream, socket, () => undefined);
  };
  ws.on('error', () => socket.destroy());
  ws.once(mode === 'after-text' ? 'message' : 'open', carry);
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
