import { z } from 'zod';
import type { Operation } from './maintenance';

/** Kind of image forming apparatus ([0033]). */
export const deviceKind = z.enum(['mfp', 'printer', 'copier', 'fax', 'scanner']);
export type DeviceKind = z.infer<typeof deviceKind>;

/** What a device does with documents. `print`: it accepts print jobs; copies and received faxes are none. */
export type DeviceFunction = 'print' | 'copy' | 'scan' | 'fax';

/** The functions of each kind of device. */
export const FUNCTIONS: Readonly<Record<DeviceKind, readonly DeviceFunction[]>> = {
  mfp: ['print', 'copy', 'scan', 'fax'],
  printer: ['print'],
  copier: ['copy'],
  fax: ['fax'],
  scanner: ['scan'],
};

/** Operations that only devices with a function have; all devices have the others. */
const FUNCTION_OF: Partial<Readonly<Record<Operation, DeviceFunction>>> = { 'test-page': 'print' };

/** Whether devices of this kind have the operation. */
export function kindHas(kind: DeviceKind, operation: Operation): boolean {
  const needed = FUNCTION_OF[operation];
  return needed === undefined || FUNCTIONS[kind].includes(needed);
}

/** Whether devices of this kind put marks on paper, and so have toner and paper. */
export const usesPaper = (kind: DeviceKind): boolean => FUNCTIONS[kind].some((each) => each !== 'scan');

/** Whether devices of this kind store documents, and so may have document boxes. */
export const storesDocuments = (kind: DeviceKind): boolean => FUNCTIONS[kind].some((each) => each !== 'copy');
