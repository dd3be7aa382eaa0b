// A forwarder of WebSocket messages with `ws`: joins each two connections, with back-pressure.
import { WebSocketServer } from 'ws';

const [HIGH, LOW] = [256 * 1024, 64 * 1024];
let waiting;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, maxPayload: 1024 * 1024 });
server.on('connection', (ws) => {
  ws.on('error', () => ws.terminate());
  if (!waiting) {
    ws.pause();
    return void (waiting = ws);
  }
  const other = waiting;
  waiting = undefined;
  forward(ws, other);
  forward(other, ws);
  other.resume();
});
server.on('listening', () => process.send(server.address().port));

function forward(from, to) {
  from.on('message', (data, binary) => {
    if (to.readyState !== to.OPEN) return;
    if (to.bufferedAmount <= HIGH) return to.send(data, { binary });
    from.pause();
    to.send(data, { binary }, () => to.bufferedAmount <= LOW && from.resume());
  });
  from.on('close', () => to.terminate());
}
