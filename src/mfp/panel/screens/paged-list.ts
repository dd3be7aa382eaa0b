import { MFP_LIMITS } from '../../mfp-limits';
import type { Verbs } from '../panel-state';
import type { Row, Widget } from '../../../protocol/simulated-mfp';

const pagesOf = (count: number, rows: number): number => Math.max(1, Math.ceil(count / rows));

/** A list that fits the display, with page buttons (targets of `verb`) if it has several pages. */
export function pagedList<T>(
  items: readonly T[],
  page: number,
  toRow: (item: T) => Row,
  empty: string,
  rows: number = MFP_LIMITS.PANEL_ROWS,
  verb = 'page',
): Widget {
  const pages = pagesOf(items.length, rows);
  const shown = Math.min(page, pages - 1);
  return {
    kind: 'list',
    rows: items.slice(shown * rows, (shown + 1) * rows).map(toRow),
    empty,
    pager:
      pages === 1
        ? null
        : {
            text: `${shown + 1} / ${pages}`,
            previous: { target: `${verb}:previous`, label: 'Previous page', icon: 'up', disabled: shown === 0 },
            next: { target: `${verb}:next`, label: 'Next page', icon: 'down', disabled: shown === pages - 1 },
          },
  };
}

/** `page:previous` and `page:next` of a list with this number of items. */
export const pageVerb = (
  count: (facts: Parameters<Verbs[string]>[2]) => number,
  rows: number = MFP_LIMITS.PANEL_ROWS,
): Verbs => ({
  page: (state, argument, facts) => {
    const page = turnPage(state.page, argument, count(facts), rows);
    return page === undefined ? undefined : { state: { ...state, page } };
  },
});

/** The page that `previous` or `next` leads to; undefined: none. */
export function turnPage(
  page: number,
  argument: string,
  count: number,
  rows: number = MFP_LIMITS.PANEL_ROWS,
): number | undefined {
  const last = pagesOf(count, rows) - 1;
  const shown = Math.min(page, last);
  if (argument === 'previous' && shown > 0) return shown - 1;
  return argument === 'next' && shown < last ? shown + 1 : undefined;
}
