import type { IppAttribute, IppAttributes, IppGroup } from '../../ipp/ipp-message';
import type { IppStatus } from '../../ipp/ipp-registry';
import type { Exchange } from '../web/exchange';

/** One IPP request, with the context that operations need. */
export interface IppCall {
  readonly exchange: Exchange;
  /** Of the operation attributes group. */
  readonly operation: IppAttributes;
  /** Of the printer attributes group: what is to be set. */
  readonly printer: IppAttributes;
  /** Of the job attributes group: how the job is to be printed. */
  readonly job: IppAttributes;
  /** The document after the attributes. @throws BadRequest if it is too large or incomplete */
  readonly document: AsyncIterable<Buffer>;
}

export interface IppReply {
  readonly groups?: readonly IppGroup[];
  /** Runs after the answer has been sent. */
  afterwards?: () => void;
}
export type IppHandler = (call: IppCall) => IppReply | Promise<IppReply>;

/** The operation is refused; `message` becomes the status-message. */
export class IppRefusal extends Error {
  override readonly name = 'IppRefusal';
  constructor(
    readonly status: IppStatus,
    message: string = status,
  ) {
    super(message);
  }
}

export const textOf = (attributes: IppAttributes, name: string): string | undefined => {
  const value = attributes.get(name)?.[0];
  return typeof value === 'string' ? value : undefined;
};
export const numberOf = (attributes: IppAttributes, name: string): number | undefined => {
  const value = attributes.get(name)?.[0];
  return typeof value === 'number' ? value : undefined;
};

/** Groups of attributes (RFC 8011 4.2.5.1, 4.3.4.1); a request for one of them is answered with all attributes. */
const GROUP_NAMES = ['all', 'printer-description', 'job-description', 'system-description'];

/** The requested attributes, or those of `otherwise` if the request names none. */
export function requested(
  attributes: readonly IppAttribute[],
  operation: IppAttributes,
  otherwise: readonly string[] = ['all'],
): IppAttribute[] {
  const wanted = new Set<unknown>(operation.get('requested-attributes') ?? otherwise);
  if (GROUP_NAMES.some((name) => wanted.has(name))) return [...attributes];
  return attributes.filter(([, name]) => wanted.has(name));
}
