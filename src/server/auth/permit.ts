import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Role } from '../../protocol/api';

export const ACCESS = 'platen:access';
export type Access = Role | 'public';

/**
 * The role a route needs, on the method or on the whole controller; an administrator may do what a technician may.
 * A route without it needs a login of any role.
 */
export const Permit = (role: Role): CustomDecorator => SetMetadata(ACCESS, role satisfies Access);

/** A route that needs no login. */
export const Public = (): CustomDecorator => SetMetadata(ACCESS, 'public' satisfies Access);
