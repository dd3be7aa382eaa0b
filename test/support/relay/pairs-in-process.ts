import type { Journal } from '../../../src/journal/journal';
import { PairServer } from '../../../src/relay/pair/pair-server';
import type { RelayConfig } from '../../../src/relay/relay-config';
import type { StartPair } from '../../../src/relay/master/running-pair';
import type { RpcChannel } from '../../../src/tunnel/rpc-channel';

/** Starts pairs within this process: all of them real but the channel to their Master. */
export function pairsInProcess({ tls, proxies, host, port }: RelayConfig, journal: Journal): StartPair {
  return (number) => {
    const [master, channel] = channelInMemory();
    const pair = new PairServer(channel, { tls, proxies }, { host, port: port && port + number - 1 }, journal);
    const starting = pair.start().catch(() => undefined);
    const exited = pair.closed.then(() => starting).then(() => 'ended');
    return { pid: process.pid, channel: master, exited, kill: () => channel.close(1000, '') };
  };
}

/** Both ends of a channel: values are copied and arrive later, as over a wire. */
export function channelInMemory(): [RpcChannel, RpcChannel] {
  let isOpen = true;
  let close = () => undefined as void;
  const closed = new Promise<void>((resolve) => {
    close = () => {
      isOpen = false;
      resolve();
    };
  });
  const listeners: ((message: unknown) => void)[] = [];
  const end = (own: 0 | 1): RpcChannel => ({
    get isOpen() {
      return isOpen;
    },
    closed,
    onMessage: (listener) => void (listeners[own] = listener),
    send: (message) => {
      const text = JSON.stringify(message);
      if (isOpen) setImmediate(() => listeners[1 - own]?.(JSON.parse(text)));
    },
    close,
  });
  return [end(0), end(1)];
}
