/** Whether a host name or address is a loopback one (RFC 1122 3.2.1.3, RFC 4291 2.5.3, RFC 6761 6.3). */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^::ffff:/i, '').replace(/^\[(.*)\]$/, '$1');
  return address === 'localhost' || address === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}

/** Whether secrets may be sent to a URL: it is encrypted, or on this computer. */
export function isProtected(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'wss:' || protocol === 'https:' || isLoopback(hostname);
}
