// Generated from the OpenAPI document by `npm run client:generate`. Do not edit.

export interface paths {
  '/api/devices': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['DevicesController_list'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/devices/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['DevicesController_get'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/devices/{id}/information': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['DeviceInformationController_get'];
    put?: never;
    post: operations['DeviceInformationController_refresh'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/devices/{id}/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['JobsController_request'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/devices/{id}/readings': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['ReadingsController_of'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['JobsController_list'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['JobsController_get'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/cancellation': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['JobsController_cancel'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/meter-report': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['ReportsController_report'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/meter-report/file': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['ReportsController_file'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/report-templates': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['ReportsController_templates'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/sessions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['SessionsController_list'];
    put?: never;
    post: operations['SessionsController_request'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/sessions/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['SessionsController_get'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/sessions/{id}/connection': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: operations['SessionsController_connection'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/sessions/{id}/termination': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['SessionsController_terminate'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/oauth/token': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: operations['OauthController_token'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    AccessToken: {
      access_token: string;
      expires_in: number;
      scope: string;
      /** @enum {string} */
      token_type: 'Bearer';
    };
    AcquiredInformation: {
      decision: {
        /** Format: date-time */
        at: string;
        /** Format: uuid */
        jobId: string | null;
        /** @enum {string} */
        outcome: 'kept' | 'acquired' | 'failed';
        /** @enum {string} */
        reason:
          | 'never-acquired'
          | 'not-reached'
          | 'agent-reconnected'
          | 'job-since'
          | 'too-old'
          | 'needed-now'
          | 'requested'
          | 'not-needed'
          | 'agent-waits'
          | 'fresh';
        /** Format: uuid */
        remoteSessionId: string | null;
        update: boolean;
      } | null;
      information: {
        /** Format: date-time */
        acquiredAt: string;
        alerts: components['schemas']['DeviceAlert'][];
        counters: {
          [key: string]: number;
        };
        details?: components['schemas']['DeviceDetails'];
        firmwareVersion: string;
        /** @enum {boolean} */
        followed?: true;
        identity?: components['schemas']['DeviceIdentity'];
        model: string;
        /** @default null */
        problem: {
          /** @enum {string} */
          code:
            | 'unreachable'
            | 'refused'
            | 'login-required'
            | 'login-refused'
            | 'wrong-path'
            | 'not-a-printer'
            | 'tls-failed'
            | 'other-device'
            | 'protocol-unsupported'
            | 'invalid-answer';
          detail: string;
          otherDevice?: {
            deviceId?: string;
            expected: components['schemas']['DeviceIdentity'];
            found: components['schemas']['DeviceIdentity'];
          };
        } | null;
        reached: boolean;
        serialNumber: string;
        sources?: components['schemas']['InformationSources'];
        /** @enum {string} */
        state: 'idle' | 'processing' | 'stopped' | 'unknown';
        supplies: components['schemas']['Supply'][];
        unanswered?: {
          /** @enum {string} */
          code:
            | 'unreachable'
            | 'refused'
            | 'login-required'
            | 'login-refused'
            | 'wrong-path'
            | 'not-a-printer'
            | 'tls-failed'
            | 'other-device'
            | 'protocol-unsupported'
            | 'invalid-answer';
          detail: string;
          /** @enum {string} */
          protocol: 'ipp' | 'snmp';
        };
        /** @enum {boolean} */
        weakTls?: true;
      } | null;
    };
    Application: {
      id: string;
      /**
       * @default http
       * @enum {string}
       */
      protocol: 'http' | 'vnc' | 'tcp' | 'box';
      title: string;
      /** @default false */
      viewable: boolean;
      /** @enum {boolean} */
      weakTls?: true;
    };
    ConnectionInfo: {
      applicationId: string;
      /** Format: starts_with */
      authority?: string;
      pin?: string;
      /** Format: uuid */
      remoteSessionId: string;
      sessionId: string;
      token: string;
      /** Format: uri */
      url: string;
      validForSeconds: number;
      /** Format: date-time */
      validUntil: string;
    };
    /** @enum {string} */
    Denial: 'no-condition' | 'box' | 'operation' | 'not-yet' | 'expired' | 'hours' | 'times' | 'bytes' | 'revoked';
    Device: {
      agentId: string;
      applications: components['schemas']['Application'][];
      asleep: boolean;
      condition: {
        alert: string;
        alertCode: string;
        alerts: number;
        /** @enum {string|null} */
        problem:
          | 'unreachable'
          | 'refused'
          | 'login-required'
          | 'login-refused'
          | 'wrong-path'
          | 'not-a-printer'
          | 'tls-failed'
          | 'other-device'
          | 'protocol-unsupported'
          | 'invalid-answer'
          | null;
        reached: boolean;
        /** @enum {string|null} */
        severity: 'report' | 'warning' | 'error' | null;
        /** @enum {string} */
        state: 'idle' | 'processing' | 'stopped' | 'unknown';
      } | null;
      id: string;
      /** @enum {string} */
      kind: 'mfp' | 'printer' | 'copier' | 'fax' | 'scanner';
      /** Format: date-time */
      lastSeenAt: string | null;
      location: string;
      model: string;
      name: string;
      online: boolean;
      operations: components['schemas']['Operation'][];
      serialNumber: string;
      site: components['schemas']['NamedSite'] | null;
      wakeable: boolean;
    };
    DeviceAlert: {
      code: string;
      /** @enum {string} */
      severity: 'report' | 'warning' | 'error';
      text: string;
    };
    DeviceDetails: {
      contact: string;
      covers: {
        name: string;
        open: boolean;
      }[];
      description: string;
      display: string[];
      inputs: {
        level: number | null;
        media: string;
        name: string;
        /** @enum {boolean} */
        someLeft?: true;
      }[];
      location: string;
      outputs: {
        level: number | null;
        name: string;
        /** @enum {boolean} */
        someLeft?: true;
      }[];
      printerName: string;
      systemName: string;
      upSeconds: number | null;
    };
    DeviceIdentity: {
      /** @default  */
      mac: string;
      model: string;
      serialNumber: string;
      uuid: string;
    };
    /** @enum {string} */
    Ending:
      | 'declined'
      | 'denied'
      | 'expired'
      | 'cancelled'
      | 'device-offline'
      | 'ended-by-terminal'
      | 'ended-by-device'
      | 'ended-by-administrator'
      | 'revoked'
      | 'halted-by-deployment'
      | 'lost-device'
      | 'lost-terminal'
      | 'lost-relay'
      | 'failed';
    /** @enum {string} */
    EndReason:
      | 'requested'
      | 'control-plane'
      | 'lost'
      | 'expired'
      | 'never-connected'
      | 'relay-stopped'
      | 'relay-restarted'
      | 'presumed';
    ForecastSupply: {
      colour: string;
      empty: {
        /** Format: date-time */
        at: string;
        days: number;
        perDay: number;
      } | null;
      key: string;
      level: (number | null) | 'some';
      name: string;
      /** @enum {boolean} */
      receptacle?: true;
      type: string;
    };
    /** @enum {string} */
    Grant: 'operate' | 'view';
    /** @enum {string} */
    HalfState: 'waiting' | 'connected' | 'ended';
    /** @enum {string} */
    HoldReason:
      | 'processing'
      | 'stopped'
      | 'session-open'
      | 'jobs-queued'
      | 'not-accepting'
      | 'no-media'
      | 'no-supply'
      | 'unreachable'
      | 'refused'
      | 'approval'
      | 'hours'
      | 'queued'
      | 'other';
    InformationSources: {
      /** @enum {string} */
      alerts?: 'ipp' | 'snmp' | 'vendor' | 'configuration';
      counters: {
        [key: string]: 'ipp' | 'snmp' | 'vendor' | 'configuration';
      };
      /** @enum {string} */
      firmwareVersion?: 'ipp' | 'snmp' | 'vendor' | 'configuration';
      /** @enum {string} */
      model?: 'ipp' | 'snmp' | 'vendor' | 'configuration';
      /** @enum {string} */
      serialNumber?: 'ipp' | 'snmp' | 'vendor' | 'configuration';
      /** @enum {string} */
      state?: 'ipp' | 'snmp' | 'vendor' | 'configuration';
      /** @enum {string} */
      supplies?: 'ipp' | 'snmp' | 'vendor' | 'configuration';
    };
    Job: {
      activity: string;
      approvalRecord: {
        key: string;
        keyFingerprint: string;
        signature: string;
        text: string;
      } | null;
      /** Format: date-time */
      beganAt: string | null;
      /** Format: uuid */
      campaignId: string | null;
      decision: {
        /** @enum {string} */
        outcome: 'kept' | 'acquired' | 'failed';
        /** @enum {string} */
        reason:
          | 'never-acquired'
          | 'not-reached'
          | 'agent-reconnected'
          | 'job-since'
          | 'too-old'
          | 'needed-now'
          | 'requested'
          | 'not-needed'
          | 'agent-waits'
          | 'fresh';
        update: boolean;
      } | null;
      detail: string;
      deviceId: string;
      deviceName: string;
      /** Format: date-time */
      endedAt: string | null;
      /** Format: date-time */
      expiresAt: string;
      failure: components['schemas']['JobFailure'] | null;
      firmware: {
        /** Format: uuid */
        id: string;
        name: string;
        version: string;
      } | null;
      hold: components['schemas']['HoldReason'] | null;
      /** Format: uuid */
      id: string;
      log: {
        /** Format: date-time */
        from?: string;
        /** @enum {string} */
        level?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
        /** Format: date-time */
        until?: string;
      } | null;
      operation: components['schemas']['Operation'];
      percent: number | null;
      /** Format: date-time */
      requestedAt: string;
      result: components['schemas']['ResultLine'][];
      /** Format: date-time */
      sentAt: string | null;
      settingRows: components['schemas']['SettingRow'][];
      settings: {
        [key: string]: string;
      } | null;
      state: components['schemas']['JobState'];
      user: components['schemas']['Requester'];
      waiting: {
        /** @enum {string} */
        reason: 'no-substitute' | 'not-woken';
        tries: {
          detail: string;
          /** @enum {string} */
          outcome:
            | 'woken'
            | 'unreachable'
            | 'not-listed'
            | 'out-of-reach'
            | 'full'
            | 'substitute-failed'
            | 'refused'
            | 'silent'
            | 'no-login';
          substitute: string;
        }[];
      } | null;
    };
    /** @enum {string} */
    JobFailure:
      | 'unsupported'
      | 'forbidden'
      | 'declined'
      | 'too-often'
      | 'unknown-device'
      | 'device-unreachable'
      | 'device-refused'
      | 'login-required'
      | 'login-refused'
      | 'wrong-path'
      | 'not-a-printer'
      | 'tls-failed'
      | 'other-device'
      | 'protocol-unsupported'
      | 'invalid-answer'
      | 'download-failed'
      | 'file-damaged'
      | 'not-back'
      | 'firmware-unfit'
      | 'no-release-key'
      | 'firmware-unsigned'
      | 'firmware-older'
      | 'settings-missed'
      | 'version-unchanged'
      | 'interrupted'
      | 'too-many'
      | 'expired'
      | 'agent-silent'
      | 'agent-removed'
      | 'internal-error'
      | 'other';
    /** @enum {string} */
    JobState: 'requested' | 'executing' | 'held' | 'succeeded' | 'failed' | 'cancelled';
    MeterJump: {
      after: number;
      /** Format: date-time */
      at: string;
      before: number;
      counter: string;
      enteredBy: string;
      /** Format: uuid */
      id: string;
      offset: number | null;
      reason: string;
    };
    MeterReport: {
      customerName: string | null;
      devices: components['schemas']['ReportedDevice'][];
      /** Format: date */
      from: string;
      /** Format: date */
      to: string;
      totals: {
        counter: string;
        unknown: number;
        volume: number;
      }[];
    };
    NamedSite: {
      customerName: string;
      /** Format: uuid */
      id: string;
      name: string;
    };
    NewJob: {
      /** Format: uuid */
      firmwareId?: string;
      log?: {
        /** Format: date-time */
        from?: string;
        /** @enum {string} */
        level?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
        /** Format: date-time */
        until?: string;
      };
      operation: components['schemas']['Operation'];
      settings?: {
        [key: string]: string;
      };
      /** @default 0 */
      waitMinutes?: number;
    };
    NewSession: {
      applicationId: string;
      deviceId: string;
      /** @default 60 */
      minutes?: number;
      reason: string;
    };
    OauthError: {
      /** @enum {string} */
      error:
        | 'invalid_request'
        | 'invalid_client'
        | 'unsupported_grant_type'
        | 'invalid_scope'
        | 'temporarily_unavailable'
        | 'server_error';
      error_description: string;
    };
    /** @enum {string} */
    Operation:
      | 'information'
      | 'counters'
      | 'identify'
      | 'test-page'
      | 'restart'
      | 'settings-read'
      | 'settings-set'
      | 'logs-read'
      | 'firmware-install';
    Problem: {
      code: string;
      detail?: string;
      errors?: {
        message: string;
        path: string;
      }[];
      remedy: string;
      retryAfterSeconds?: number;
      status: number;
      title: string;
      type: string;
    };
    Reading: {
      /** Format: date-time */
      at: string;
      counters: {
        [key: string]: number;
      } | null;
      levels: {
        [key: string]: (number | null) | 'some';
      };
      /** @enum {string} */
      state: 'idle' | 'processing' | 'stopped' | 'unknown' | 'not-reached';
    };
    Readings: {
      jumps: components['schemas']['MeterJump'][];
      meteredDeviceId: number | null;
      readings: components['schemas']['Reading'][];
      schedule: {
        hours: number;
        /** Format: date-time */
        nextAt: string | null;
        /** @enum {string|null} */
        obstacle: 'off' | 'not-permitted' | 'asleep' | 'offline' | null;
      };
      serialNumber: string;
      /** Format: date-time */
      since: string | null;
      supplies: components['schemas']['ForecastSupply'][];
    };
    RelayChoice: {
      comparedWith: {
        limit: number;
        relayId: string;
        sessions: number;
      } | null;
      limit: number;
      passedOver: {
        /** @enum {string} */
        because: 'not-connected' | 'silent' | 'drained' | 'deployment' | 'full' | 'region' | 'failed' | 'failed-lately';
        relayId: string;
      }[];
      preferred: components['schemas']['RelayPreference'] | null;
      region: string | null;
      relayId: string;
      sessions: number;
    };
    RelayPreference: {
      only: boolean;
      region: string;
    };
    ReportedDevice: {
      customerName: string;
      deviceId: string;
      meteredDeviceId: number;
      meters: {
        counter: string;
        first: {
          /** Format: date-time */
          at: string;
          /** @enum {string} */
          origin: 'read' | 'entered' | 'estimated';
          value: number;
        } | null;
        last: {
          /** Format: date-time */
          at: string;
          /** @enum {string} */
          origin: 'read' | 'entered' | 'estimated';
          value: number;
        } | null;
        offset: number;
        /** @enum {string|null} */
        problem: 'no-reading' | 'jump' | 'decreased' | null;
        volume: number | null;
      }[];
      model: string;
      name: string;
      serialNumber: string;
      siteName: string;
    };
    ReportTemplate: {
      columns: {
        counter?: string;
        /** @enum {string} */
        field:
          | 'customer'
          | 'site'
          | 'device'
          | 'name'
          | 'model'
          | 'serial'
          | 'meter'
          | 'first-at'
          | 'first'
          | 'first-origin'
          | 'last-at'
          | 'last'
          | 'last-origin'
          | 'offset'
          | 'volume'
          | 'problem'
          | 'from'
          | 'to'
          | 'empty';
        heading: string;
      }[];
      headings: boolean;
      /** Format: uuid */
      id: string;
      /** @enum {string} */
      line: 'meter' | 'device';
      name: string;
      /** @enum {string} */
      separator: ',' | ';' | '\t';
    };
    Requester: {
      displayName: string;
      /** Format: uuid */
      id: string;
      /** @enum {string} */
      kind: 'user' | 'client';
      username: string;
    };
    ResultLine: {
      name: string;
      value: string;
    };
    Session: {
      /** Format: date-time */
      answerBefore: string | null;
      applicationId: string;
      /** Format: date-time */
      approvedAt: string | null;
      bytesEstimated: boolean;
      bytesFromDevice: number;
      bytesFromTerminal: number;
      denial: components['schemas']['Denial'] | null;
      detail: string;
      device: components['schemas']['SessionHalf'];
      deviceId: string;
      deviceName: string;
      durationSeconds: number | null;
      /** Format: date-time */
      endedAt: string | null;
      ending: components['schemas']['Ending'] | null;
      /** Format: date-time */
      establishedAt: string | null;
      grant: components['schemas']['Grant'] | null;
      /** Format: uuid */
      id: string;
      minutes: number;
      reason: string;
      /** Format: date-time */
      requestedAt: string;
      state: components['schemas']['SessionState'];
      terminal: components['schemas']['SessionHalf'];
      user: components['schemas']['Requester'];
      /** Format: date-time */
      validUntil: string | null;
    };
    SessionConnection:
      | {
          agentReached?: boolean;
          answerWithinSeconds?: number;
          state: components['schemas']['SessionState'];
          /** @enum {string} */
          status: 'waiting';
        }
      | {
          connection: components['schemas']['ConnectionInfo'];
          /** @enum {string} */
          status: 'ready';
        }
      | {
          denial?: components['schemas']['Denial'];
          detail: string;
          ending: components['schemas']['Ending'];
          /** @enum {string} */
          status: 'over';
        };
    SessionHalf: {
      /** Format: date-time */
      endedAt: string | null;
      endReason: components['schemas']['EndReason'] | null;
      /** @enum {string} */
      half: 'device' | 'terminal';
      /** Format: date-time */
      startedAt: string | null;
      state: components['schemas']['HalfState'];
    };
    /** @enum {string} */
    SessionState: 'requested' | 'approved' | 'prepared' | 'established' | 'ending' | 'halting' | 'forcing' | 'ended';
    SessionStep: {
      /** Format: date-time */
      at: string;
      decision: {
        /** @enum {string} */
        outcome: 'kept' | 'acquired' | 'failed';
        /** @enum {string} */
        reason:
          | 'never-acquired'
          | 'not-reached'
          | 'agent-reconnected'
          | 'job-since'
          | 'too-old'
          | 'needed-now'
          | 'requested'
          | 'not-needed'
          | 'agent-waits'
          | 'fresh';
        update: boolean;
      } | null;
      detail: string;
      step: string;
      text: string;
    };
    SessionWithSteps: {
      /** Format: date-time */
      answerBefore: string | null;
      applicationId: string;
      approvalRecord: {
        key: string;
        keyFingerprint: string;
        signature: string;
        text: string;
      } | null;
      /** Format: date-time */
      approvedAt: string | null;
      bytesEstimated: boolean;
      bytesFromDevice: number;
      bytesFromTerminal: number;
      denial: components['schemas']['Denial'] | null;
      detail: string;
      device: components['schemas']['SessionHalf'];
      deviceId: string;
      deviceName: string;
      durationSeconds: number | null;
      /** Format: date-time */
      endedAt: string | null;
      ending: components['schemas']['Ending'] | null;
      /** Format: date-time */
      establishedAt: string | null;
      grant: components['schemas']['Grant'] | null;
      /** Format: uuid */
      id: string;
      minutes: number;
      reason: string;
      relay?: components['schemas']['RelayChoice'] | null;
      /** Format: date-time */
      requestedAt: string;
      state: components['schemas']['SessionState'];
      steps: components['schemas']['SessionStep'][];
      terminal: components['schemas']['SessionHalf'];
      user: components['schemas']['Requester'];
      /** Format: date-time */
      validUntil: string | null;
    };
    SettingRow: {
      choices: string[];
      detail: string;
      name: string;
      /** @enum {string} */
      outcome: 'read' | 'set' | 'unchanged' | 'differs' | 'refused' | 'unsupported';
      settable: boolean;
      /**
       * @default null
       * @enum {string|null}
       */
      source: 'ipp' | 'snmp' | null;
      value: string | null;
    };
    Supply: {
      colour: string;
      level: number | null;
      name: string;
      /** @enum {boolean} */
      receptacle?: true;
      /** @enum {boolean} */
      someLeft?: true;
      type: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  DevicesController_list: {
    parameters: {
      query?: {
        cursor?: string;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            next: string | null;
            rows: components['schemas']['Device'][];
          };
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  DevicesController_get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Device'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  DeviceInformationController_get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AcquiredInformation'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  DeviceInformationController_refresh: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AcquiredInformation'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  JobsController_request: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewJob'];
      };
    };
    responses: {
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  ReadingsController_of: {
    parameters: {
      query: {
        from: string;
        points?: number;
        to: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Readings'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  JobsController_list: {
    parameters: {
      query?: {
        cursor?: string;
        deviceId?: string;
        limit?: number;
        state?: 'open' | 'over' | 'all';
        userId?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            next: string | null;
            rows: components['schemas']['Job'][];
          };
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  JobsController_get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  JobsController_cancel: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  ReportsController_report: {
    parameters: {
      query: {
        customerId?: string;
        from: string;
        to: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['MeterReport'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  ReportsController_file: {
    parameters: {
      query: {
        customerId?: string;
        format: 'csv' | 'xlsx' | 'json';
        from: string;
        templateId?: string;
        to: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  ReportsController_templates: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ReportTemplate'][];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  SessionsController_list: {
    parameters: {
      query?: {
        cursor?: string;
        deviceId?: string;
        limit?: number;
        state?: 'live' | 'ended' | 'all';
        userId?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            next: string | null;
            rows: components['schemas']['Session'][];
          };
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  SessionsController_request: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewSession'];
      };
    };
    responses: {
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  SessionsController_get: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SessionWithSteps'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  SessionsController_connection: {
    parameters: {
      query?: {
        known?: components['schemas']['SessionState'];
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SessionConnection'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  SessionsController_terminate: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  OauthController_token: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': {
          /** @description Unless in the header Authorization. */
          client_id?: string;
          /** @description Unless in the header Authorization. */
          client_secret?: string;
          /** @enum {string} */
          grant_type: 'client_credentials';
          /** @description Names separated by spaces; without it every scope of the client. */
          scope?: string;
        };
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AccessToken'];
        };
      };
      /** @description RFC 6749 5.2 */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OauthError'];
        };
      };
      /** @description RFC 6749 5.2 */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OauthError'];
        };
      };
      /** @description Too many requests; see Retry-After */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OauthError'];
        };
      };
      /** @description The error */
      default: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
