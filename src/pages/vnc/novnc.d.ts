/** Types for the parts of noVNC that the page uses (docs/API.md of its package); the package has none. */
declare module '@novnc/novnc' {
  interface RfbEvents {
    connect: CustomEvent<object>;
    disconnect: CustomEvent<{ clean: boolean }>;
    desktopname: CustomEvent<{ name: string }>;
    credentialsrequired: CustomEvent<{ types: string[] }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
  }

  export default class RFB {
    constructor(target: HTMLElement, url: string, options: { wsProtocols: string[]; shared: boolean });
    scaleViewport: boolean;
    clipViewport: boolean;
    viewOnly: boolean;
    focus(): void;
    disconnect(): void;
    sendCredentials(credentials: { username: string; password: string }): void;
    sendCtrlAltDel(): void;
    addEventListener<Name extends keyof RfbEvents>(name: Name, listener: (event: RfbEvents[Name]) => void): void;
  }
}
