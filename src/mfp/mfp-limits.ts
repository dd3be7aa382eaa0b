/** Limits of the simulated MFP. Times are milliseconds and sizes bytes unless the name says otherwise. */
export const MFP_LIMITS = {
  FORM_BYTES: 16 * 1024,
  FORM_FIELDS: 64,
  HEADER_BYTES: 16 * 1024,
  /** Attributes of one IPP request, and the document after them. */
  IPP_ATTRIBUTES_BYTES: 64 * 1024,
  IPP_DOCUMENT_BYTES: 256 * 1024 ** 2,
  IPP_JOBS: 200,
  IPP_PAGES: 9_999,
  UPLOAD_BYTES: 16 * 1024 ** 3,
  FIRMWARE_BYTES: 512 * 1024 ** 2,
  FIRMWARE_HEADER_BYTES: 1024,
  PJL_BYTES: 4 * 1024,
  RAW_CONNECTIONS: 4,
  RAW_IDLE_MS: 60_000,
  MULTIPART_FIELD_BYTES: 4 * 1024,
  MULTIPART_PARTS: 16,
  DOWNLOAD_BYTES: 16 * 1024 ** 3,
  DOWNLOAD_BYTES_DEFAULT: 100 * 1000 * 1000,
  /** One document in a box, all documents of one box, and the content of all boxes. */
  BOX_DOCUMENT_BYTES: 16 * 1024 ** 2,
  BOX_DOCUMENTS: 100,
  BOXES_BYTES: 64 * 1024 ** 2,
  ADDRESSES: 500,
  JOBS_WAITING: 20,
  JOBS_KEPT: 1000,
  LOGINS: 64,
  LOGIN_IDLE_MS: 30 * 60_000,
  CONNECTIONS: 512,
  EVENT_STREAMS: 64,
  EVENT_PING_MS: 15_000,
  STATUS_SOCKETS: 64,
  STATUS_SOCKET_MESSAGE_BYTES: 1024,
  STATUS_SOCKET_QUEUE_BYTES: 64 * 1024,
  /** Displays of technicians, and windows of the device's own display. */
  PANEL_DISPLAYS: 16,
  OWN_DISPLAYS: 4,
  /** A dialog takes no answer before it has been shown this long: a finger may have been on its way. */
  ANSWER_AFTER_MS: 800,
  /** A screen of the device's own display is left when it has not been touched for this long. */
  OWN_SCREEN_IDLE_MS: 2 * 60_000,
  AGENT_CONNECTIONS: 16,
  PANEL_MESSAGE_BYTES: 512,
  PANEL_MESSAGES_PER_SECOND: 30,
  PANEL_BAD_MESSAGES: 10,
  PANEL_ANSWERS_BYTES: 16 * 1024,
  PANEL_PING_MS: 15_000,
  /** How long a display counts as operating after a touch. */
  PANEL_OPERATING_MS: 20_000,
  PANEL_COPIES: 999,
  PANEL_FAX_DIGITS: 20,
  PANEL_ROWS: 5,
  MINUTE_MS: 60_000,
  /** How long the display identifies the machine. */
  IDENTIFY_MS: 10_000,
  /** How long a restart takes. */
  RESTART_MS: 3_000,
  /** Long, because a large upload over a slow network is one request. */
  REQUEST_MS: 60 * 60_000,
  HEADERS_MS: 30_000,
  KEEP_ALIVE_MS: 60_000,
  PAGE_MS: 1_000,
} as const;
