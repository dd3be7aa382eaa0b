const TAG_SUFFIX = ';platen';

/** A page with translated links differs from the device's, so its entity tag becomes a weak one (RFC 9110 8.8.1). */
export const sessionTag = (etag: string): string => etag.trim().replace(/^"([^"]*)"$/, `W/"$1${TAG_SUFFIX}"`);

/** The reverse translation: devices compare tags character by character. */
export const deviceTags = (list: string): string => list.replace(/W\/"([^"]*);platen"/g, '"$1"');
