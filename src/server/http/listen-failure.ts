/** Why a program cannot listen on a port; undefined for any other error. */
export function listenFailure(error: unknown): string | undefined {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is in use by another program`;
  if (code === 'EACCES' && port) return `this user may not use port ${port}`;
  if (code === 'EADDRNOTAVAIL') return `${address} is not an address of this machine`;
  return undefined;
}
