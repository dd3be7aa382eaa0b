/** Types for the parts of node-xmpp-server 2.2.7 that Platen uses; the package has none. */
declare module 'node-xmpp-server' {
  import { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  type Attributes = Record<string, string | undefined>;

  /** ltx 2: building methods return the child (`c`, `cnode`) or the element itself (`t`). */
  export class Element {
    constructor(name: string, attrs?: Attributes);
    readonly name: string;
    readonly attrs: Attributes;
    /** Compares the name without its prefix. */
    is(name: string, xmlns?: string): boolean;
    getName(): string;
    getNS(): string | undefined;
    getChild(name: string, xmlns?: string): Element | undefined;
    getChildElements(): Element[];
    getText(): string;
    c(name: string, attrs?: Attributes): Element;
    cnode(child: Element): Element;
    t(text: string): this;
    up(): Element;
    root(): Element;
    toString(): string;
  }

  export class JID {
    constructor(local: string, domain: string, resource?: string);
    bare(): JID;
    toString(): string;
  }

  export class StreamParser extends EventEmitter {
    constructor(options: { Parser: new () => object });
    write(text: string): void;
  }

  export class Connection extends EventEmitter {
    constructor(options: { reconnect: false });
    socket: Socket | undefined;
    parser: StreamParser | null;
    /** Namespace declarations of the stream header this side sends, by prefix. */
    readonly xmlns: Record<string, string>;
    readonly streamAttrs: Attributes;
    /** Namespace declarations of the peer's stream header, by attribute name. */
    streamNsAttrs: Readonly<Attributes> | undefined;
    streamOpened: boolean;
    allowTLS: boolean;
    isSecure: boolean;
    /** 2.2.7 passes this to StreamParser as its complete options. */
    protected maxStanzaSize: { Parser: new () => EventEmitter };
    protected boundOnData: unknown;
    protected boundOnClose: unknown;
    protected boundEmitData: unknown;
    protected boundEmitDrain: unknown;
    /** Called by the constructor. */
    protected _setupSocket(): void;
    end(): void;
    closeStream(): void;
    startParser(): void;
    onData(chunk: string): void;
    onStanza(stanza: Element): void;
    send(stanza: Element | string): boolean;
    error(condition: string, text: string): void;
    protected rmXmlns(stanza: Element): Element;
  }

  export namespace C2S {
    export class _Server extends EventEmitter {
      constructor(options: { domain: string });
      clearSaslMechanism(): void;
      registerSaslMechanism(mechanism: typeof auth.Mechanism): void;
    }
    export class _Session extends EventEmitter {
      constructor(options: { connection: Connection; socket: Socket; server: _Server });
      readonly connection: Connection;
      /** `to` of the peer's stream header. */
      serverdomain: unknown;
      authenticated: boolean;
      /** For streams without a resource. */
      protected generateId: unknown;
      jid: JID | undefined;
      /** Called by the constructor, before it connects. */
      protected _addConnectionListeners(): void;
      send(stanza: Element): void;
      startStream(): void;
      onStanza(stanza: Element): void;
      /** Resource binding and session establishment; anything else becomes the event `stanza`. */
      onAuthStanza(stanza: Element): void;
    }
  }

  export namespace auth {
    export class Mechanism {
      readonly name: string;
    }
  }
}
