import type { DeviceKind } from '../../protocol/device-kinds';

/** Identity of the simulated MFP. The product is fictitious and belongs to no vendor. */
export interface Identity {
  readonly kind: DeviceKind;
  readonly product: string;
  readonly name: string;
  readonly serialNumber: string;
}

export const PRODUCTS: Readonly<Record<DeviceKind, string>> = {
  mfp: 'Platen Demo MFP 3050ci',
  printer: 'Platen Demo Printer 3050',
  copier: 'Platen Demo Copier 305',
  fax: 'Platen Demo Fax 30',
  scanner: 'Platen Demo Scanner 50',
};
export const DEFAULT_NAME = 'Copy room, 2nd floor';
export const DEFAULT_SERIAL = 'PD3050-000417';
/** The version at the factory. */
export const FIRMWARE = '2.14.003';

/** Shown on the login page, because the simulation has nothing to protect. */
export const ADMINISTRATOR = { user: 'admin', password: 'demo-3050' } as const;
