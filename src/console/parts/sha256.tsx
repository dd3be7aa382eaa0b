/** The beginning of a checksum, which tells files apart; all of it when pointed at. */
export const Sha256 = ({ of }: { of: string }) => (
  <div className="minor" title={of}>
    SHA-256 {of.slice(0, 16)}…
  </div>
);
