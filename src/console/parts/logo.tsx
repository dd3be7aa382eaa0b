import logo from '../logo.svg';

/** The mark: a roller and the sheet that runs over it. */
export const Logo = ({ size = 26 }: { size?: number }) => <img src={logo} width={size} height={size} alt="" />;
