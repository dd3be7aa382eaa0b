/** What a simulated MFP says it is. The product is invented and belongs to no vendor. */
export interface Identity {
  readonly product: string;
  readonly name: string;
  readonly serialNumber: string;
}

export const PRODUCT = 'Platen Demo MFP 3050ci';
export const DEFAULT_NAME = 'Copy room, 2nd floor';
export const DEFAULT_SERIAL = 'PD3050-000417';
/** Version it left the factory with. */
export const FIRMWARE = '2.14.003';

/** Shown on the login page: this machine is a simulation and guards nothing. */
export const ADMINISTRATOR = { user: 'admin', password: 'demo-3050' } as const;
