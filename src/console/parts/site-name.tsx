import type { NamedSite } from '../../protocol/api';
import { useText } from '../messages/language';

/** A customer, and below it the site; without one, who sees what is there. */
export function SiteName({ site }: { site: NamedSite | null }) {
  const t = useText();
  if (!site) return <span className="minor">{t.customers.none}</span>;
  return (
    <>
      {site.customerName}
      <div className="minor">{site.name}</div>
    </>
  );
}
