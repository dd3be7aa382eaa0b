import { BadRequest, type Handler } from './web/exchange';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path with `:name` segments. */
  readonly path: string;
  readonly handler: Handler;
}

interface Match {
  readonly handler: Handler;
  readonly params: Record<string, string>;
}

/** Finds the route of a request. HEAD is served by GET; node leaves the body out. @throws BadRequest 404 or 405 */
export function findRoute(routes: readonly Route[], method: string, path: string): Match {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const matches = routes.flatMap((route) => {
    const params = matchPath(route.path, path);
    return params ? [{ route, params }] : [];
  });
  const found = matches.find(({ route }) => route.method === wanted);
  if (found) return { handler: found.route.handler, params: found.params };
  if (matches.length > 0) throw new BadRequest(`This page does not take ${method} requests.`, 405);
  throw new BadRequest('There is no such page on this device.', 404);
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const names = pattern.split('/');
  const segments = path.split('/');
  if (names.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const segment = segments[index] ?? '';
    if (name.startsWith(':') && segment !== '') params[name.slice(1)] = segment;
    else if (name !== segment) return undefined;
  }
  return params;
}
