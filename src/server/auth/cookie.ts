/** Name of the cookie that holds the session ID of a browser's login. */
export const SESSION_COOKIE = 'platen.sid';
