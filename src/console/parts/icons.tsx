import type { ReactNode } from 'react';
import type { DeviceKind } from '../../protocol/device-kinds';

/** Line icons on a grid of 24. They are decoration, so screen readers skip them. */
const icon = (drawing: ReactNode) =>
  function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {drawing}
      </svg>
    );
  };

export const OverviewIcon = icon(<path d="M4 4h7v7H4zM13 4h7v4h-7zM13 10.5h7V20h-7zM4 13.5h7V20H4z" />);
export const DevicesIcon = icon(
  <>
    <path d="M7 8V3.5h10V8M7 17H4.5A1.5 1.5 0 0 1 3 15.5V9.5A1.5 1.5 0 0 1 4.5 8h15A1.5 1.5 0 0 1 21 9.5v6a1.5 1.5 0 0 1-1.5 1.5H17" />
    <path d="M7 14h10v6.5H7z" />
  </>,
);
export const ReportsIcon = icon(
  <>
    <path d="M6 3.5h8.5L19 8v12.5H6z" />
    <path d="M9.5 17v-3M12.5 17v-6M15.5 17v-4" />
  </>,
);
/** Of each kind of device. */
export const KIND_ICONS: Readonly<Record<DeviceKind, typeof DevicesIcon>> = {
  mfp: icon(
    <>
      <path d="M5 3.5h14v4H5zM4.5 7.5h15v9h-15zM6 16.5v4h12v-4" />
      <path d="M8 12.5h8v4H8zM7 10h.01M17 10h-3" />
    </>,
  ),
  printer: icon(
    <>
      <path d="M7 9.5V3.5h10v6M7 17.5H4.5A1.5 1.5 0 0 1 3 16v-5a1.5 1.5 0 0 1 1.5-1.5h15A1.5 1.5 0 0 1 21 11v5a1.5 1.5 0 0 1-1.5 1.5H17" />
      <path d="M7 14.5h10v6H7zM17.5 12.5h.01" />
    </>,
  ),
  copier: icon(
    <>
      <rect x="8.5" y="7.5" width="11" height="13" rx="1" />
      <path d="M15.5 7.5v-3a1 1 0 0 0-1-1h-9a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h3M11.5 12h5M11.5 15.5h5" />
    </>,
  ),
  fax: icon(
    <>
      <path d="M10 9.5v-6h8v6M10 9.5h9.5A1.5 1.5 0 0 1 21 11v7.5a1.5 1.5 0 0 1-1.5 1.5H8" />
      <rect x="3" y="7.5" width="5" height="13" rx="1.5" />
      <path d="M11.5 13h.01M14.5 13h.01M17.5 13h.01M11.5 16.5h.01M14.5 16.5h.01M17.5 16.5h.01" />
    </>,
  ),
  scanner: icon(
    <>
      <path d="M4 12.5 19 5.5M4 12.5h16a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-4.5a1 1 0 0 1 1-1z" />
      <path d="M6.5 15.8h8M17.5 15.8h.01" />
    </>,
  ),
};
export const SessionsIcon = icon(<path d="M4 8h14M14.5 4.5 18 8l-3.5 3.5M20 16H6M9.5 12.5 6 16l3.5 3.5" />);
export const UsersIcon = icon(
  <>
    <circle cx="9" cy="8" r="3.5" />
    <path d="M2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 5.2a3.2 3.2 0 0 1 0 5.8M18 14.9c2 .8 3.2 2.6 3.5 5.1" />
  </>,
);
export const AgentsIcon = icon(
  <>
    <rect x="4" y="4" width="16" height="6.5" rx="1.5" />
    <rect x="4" y="13.5" width="16" height="6.5" rx="1.5" />
    <path d="M7.5 7.25h.01M7.5 16.75h.01M12 7.25h4.5M12 16.75h4.5" />
  </>,
);
export const CustomersIcon = icon(
  <path d="M4 20.5V5.5l8-2v17M12 9.5h8v11M2.5 20.5h19M7.5 9h1M7.5 13h1M7.5 17h1M15.5 13.5h1M15.5 17h1" />,
);
export const ClientsIcon = icon(
  <path d="M8.5 15.5v3M15.5 15.5v3M6.5 11h11v1.5a3 3 0 0 1-3 3h-5a3 3 0 0 1-3-3zM9.5 11V5.5M14.5 11V5.5M12 18.5v3" />,
);
export const TokensIcon = icon(
  <>
    <circle cx="8" cy="15" r="4.5" />
    <path d="m11.3 11.7 8.2-8.2M16.5 6.5l3 3M14 9l2 2" />
  </>,
);
export const AuditIcon = icon(<path d="M6 3.5h12v17l-3-2-3 2-3-2-3 2zM9.5 8.5h5M9.5 12.5h5" />);
export const BackupIcon = icon(<path d="M4 5h16v5H4zM4 14h16v5H4zM7.5 7.5h.01M7.5 16.5h.01M12 7.5h5M12 16.5h5" />);
export const ProfileIcon = icon(
  <>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6" />
  </>,
);
export const SecurityIcon = icon(
  <>
    <path d="M12 3l7.5 2.8v5.4c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.8z" />
    <path d="M9 12l2.2 2.2L15.2 10" />
  </>,
);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />);
export const AutoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 3.5v17M12 7l5 5M12 12l6 6M12 17l3 3" />
  </>,
);
export const LanguageIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M3.5 12h17M12 3.5c5 5.5 5 11.5 0 17-5-5.5-5-11.5 0-17z" />
  </>,
);
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </>,
);
export const CopyIcon = icon(
  <>
    <rect x="8.5" y="8.5" width="12" height="12" rx="2" />
    <path d="M15.5 5.5v-.5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v9A1.5 1.5 0 0 0 5 15.5h.5" />
  </>,
);
export const CheckIcon = icon(<path d="m4.5 12.5 5 5 10-11" />);
export const CrossIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const NewTabIcon = icon(
  <path d="M13 4.5h6.5V11M19.5 4.5 11 13M9 5.5H5.5A1.5 1.5 0 0 0 4 7v11.5A1.5 1.5 0 0 0 5.5 20H17a1.5 1.5 0 0 0 1.5-1.5V15" />,
);
export const LogOutIcon = icon(
  <path d="M14 4.5H6A1.5 1.5 0 0 0 4.5 6v12A1.5 1.5 0 0 0 6 19.5h8M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5" />,
);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const MaintenanceIcon = icon(
  <path d="M14.5 6.5a4 4 0 0 1 5.3-3.1l-2.6 2.6.8 1.9 1.9.8 2.5-2.5a4 4 0 0 1-5.4 4.6l-9.1 9.1a2 2 0 0 1-2.9-2.9l9.2-9.1a4 4 0 0 1 .3-1.4z" />,
);
export const FirmwareIcon = icon(
  <>
    <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />
    <path d="M10 3v3.5M14 3v3.5M10 17.5V21M14 17.5V21M3 10h3.5M3 14h3.5M17.5 10H21M17.5 14H21" />
  </>,
);
/** Waves of devices, one larger than the other. */
export const CampaignsIcon = icon(<path d="M4 20V15M4 15h3.5v5M10.2 20v-9h3.5v9M16.5 20V4.5H20V20M2.5 20h19" />);
export const TemplateIcon = icon(
  <path d="M5 4h14v16H5zM8.5 8.5h.01M11.5 8.5h4M8.5 12h.01M11.5 12h4M8.5 15.5h.01M11.5 15.5h4" />,
);
export const RefreshIcon = icon(<path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4L20 9M20 4v5h-5" />);
export const ErrorIcon = icon(<path d="M8.3 3.5h7.4l4.8 4.8v7.4l-4.8 4.8H8.3l-4.8-4.8V8.3zM12 8v4.5M12 15.5h.01" />);
export const NoteIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8h.01" />
  </>,
);
export const WarningIcon = icon(<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17h.01" />);
export const DeploymentIcon = icon(
  <>
    <path d="M12 3.5 20 8v8l-8 4.5L4 16V8z" />
    <path d="M12 16v-6.5M9 12l3-3 3 3" />
  </>,
);
export const BellIcon = icon(
  <>
    <path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15z" />
    <path d="M10 20.5h4" />
  </>,
);

/** The logo, as in logo.svg: a roller and a sheet of paper. */
export const Logo = ({ size = 26 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" fill="none" strokeWidth="2.6" aria-hidden="true">
    <rect width="32" height="32" rx="7" fill="#066e78" />
    <circle cx="13.5" cy="12.5" r="7" stroke="#fff" />
    <circle cx="13.5" cy="12.5" r="1.9" fill="#fff" />
    <path d="M5 23.5h13.2c3.6 0 4.3-2.2 4.3-5.1V6" stroke="#9fdbe0" strokeLinecap="round" />
  </svg>
);
