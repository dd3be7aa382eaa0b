/** The part of @xmpp/client 0.14 (which ships no types) that the agent uses. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events';
  import type { ConnectionOptions, TLSSocket } from 'node:tls';

  /** An XML element (ltx). */
  export class Element {
    readonly name: string;
    readonly attrs: Record<string, string | undefined>;
    children: (Element | string)[];
    is(name: string, namespace?: string): boolean;
    getChild(name: string, namespace?: string): Element | undefined;
    getChildElements(): Element[];
    text(): string;
    toString(): string;
  }

  export function xml(
    name: string,
    attributes?: Record<string, string> | null,
    ...children: (Element | string)[]
  ): Element;

  /** A transport's socket: emits connect, data, close, error of the TLS socket it is given. */
  export interface TransportSocket extends EventEmitter {
    connect(parameters: ConnectionOptions): void;
    _attachSocket(socket: TLSSocket): void;
  }
  export interface Transport {
    new (): object;
    readonly prototype: {
      Socket: new () => TransportSocket;
      socketParameters(service: string): ConnectionOptions | undefined;
    };
  }

  /** `element` is the payload of `stanza`; resolves with the payload of the result, or with an `<error>`. */
  export type IqHandler = (context: { readonly element: Element; readonly stanza: Element }) => Promise<Element>;

  /** A request whose answer has not arrived. */
  export interface OpenRequest {
    readonly promise: Promise<Element>;
    readonly reject: (error: Error) => void;
  }

  export interface Client extends EventEmitter {
    status: string;
    transports: Transport[];
    readonly reconnect: { stop(): void };
    /** Adds a mechanism. Of two with the same name, the first one is used. */
    readonly saslFactory: { use(name: string, mechanism: new () => object): void };
    readonly iqCaller: {
      /** Rejects with StanzaError or TimeoutError. */
      request(iq: Element, timeoutMs?: number): Promise<Element>;
      /** Open requests by ID. */
      handlers: Map<string, OpenRequest>;
    };
    readonly iqCallee: Record<'get' | 'set', (namespace: string, name: string, handler: IqHandler) => void>;
    connect(service: string): Promise<unknown>;
    open(options: { domain: string }): Promise<unknown>;
    disconnect(): Promise<unknown>;
  }

  export interface ClientOptions {
    service: string;
    domain: string;
    username: string;
    resource: string;
    /** Timeout of every wait inside the library, in milliseconds. */
    timeout: number;
    credentials: (
      authenticate: (credentials: { username: string; password: string }, mechanism: string) => Promise<void>,
      mechanisms: string[],
    ) => Promise<void>;
  }
  export function client(options: ClientOptions): Client;
}
