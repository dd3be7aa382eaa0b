import type { InformationSource } from '../../../protocol/device-information';
import { useText } from '../../messages/language';

/** Where a value is from; nothing for information of agents of earlier versions. */
export function SourceMark({ of }: { of: InformationSource | undefined }) {
  const t = useText();
  if (!of) return null;
  return (
    <span className="source" title={t.information.sourceHints[of]}>
      {t.information.sources[of]}
    </span>
  );
}

export const Marked = ({ of, value }: { of: InformationSource | undefined; value: string }) => (
  <>
    {value}
    <SourceMark of={of} />
  </>
);
