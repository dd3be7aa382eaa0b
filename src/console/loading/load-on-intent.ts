import { matchRoutes, type RouteObject } from 'react-router';

/** Loads a screen when a link to it is pointed at, touched or focused, so that the click does not wait for it. */
export function loadOnIntent(page: Document, routes: RouteObject[]): void {
  let last: Element | null = null;
  const onIntent = ({ target }: Event): void => {
    const link = target instanceof Element ? target.closest('a') : null;
    if (!link || link === last) return;
    last = link;
    if (link.origin !== location.origin) return;
    for (const { route } of matchRoutes(routes, link.pathname) ?? []) {
      // a failure is shown when the screen is opened
      if (typeof route.lazy === 'function') route.lazy().catch(() => undefined);
    }
  };
  for (const event of ['pointerover', 'focusin']) page.addEventListener(event, onIntent, { passive: true });
}
