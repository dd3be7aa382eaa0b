/** The mark, as in logo.svg: a roller and the sheet that runs over it. */
export const Logo = ({ size = 26 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" fill="none" strokeWidth="2.6" aria-hidden="true">
    <rect width="32" height="32" rx="7" fill="#066e78" />
    <circle cx="13.5" cy="12.5" r="7" stroke="#fff" />
    <circle cx="13.5" cy="12.5" r="1.9" fill="#fff" />
    <path d="M5 23.5h13.2c3.6 0 4.3-2.2 4.3-5.1V6" stroke="#9fdbe0" strokeLinecap="round" />
  </svg>
);
