// The parts of the benchmark. Each file exports `run({ runs, quick, root })`; report.mjs describes what it returns.

export const PARTS = {
  relay: { file: './relay/relay.mjs', minutes: 25, about: 'the relay alone: CPU for each GB, throughput, growth' },
  idle: { file: './relay/idle.mjs', minutes: 10, about: 'idle sessions: memory of each, pairing rate, plain and TLS' },
  replacement: { file: './relay/replacement.mjs', minutes: 3, about: 'peers that are cut while a relay is replaced' },
  tunnel: {
    file: './tunnel/tunnel.mjs',
    minutes: 25,
    about: 'end to end: bulk, small requests, a click during a download',
  },
  path: {
    file: './tunnel/path.mjs',
    minutes: 20,
    isolated: true,
    about: 'bulk over a path of 80 ms, with and without loss',
  },
  'set-up': { file: './sessions/set-up.mjs', minutes: 5, about: 'from the YES at the device to a usable local port' },
  channel: { file: './server/channel.mjs', minutes: 10, about: '5,000 agents: memory, logins, round trips, a restart' },
  lists: { file: './server/lists.mjs', minutes: 5, about: 'pages of lists: 5,000 devices, 100,000 past sessions' },
  start: { file: './server/start.mjs', minutes: 5, about: 'start of the server, with an empty and a filled database' },
};
