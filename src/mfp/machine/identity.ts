/** Identity of the simulated MFP. The product is fictitious and belongs to no vendor. */
export interface Identity {
  readonly product: string;
  readonly name: string;
  readonly serialNumber: string;
}

export const PRODUCT = 'Platen Demo MFP 3050ci';
export const DEFAULT_NAME = 'Copy room, 2nd floor';
export const DEFAULT_SERIAL = 'PD3050-000417';
/** The version at the factory. */
export const FIRMWARE = '2.14.003';

/** Shown on the login page, because the simulation has nothing to protect. */
export const ADMINISTRATOR = { user: 'admin', password: 'demo-3050' } as const;
