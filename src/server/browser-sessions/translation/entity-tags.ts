const OURS = ';platen';

/** A page whose links are translated is not the device's byte for byte: its tag becomes a weak one (RFC 9110 8.8.1). */
export const sessionTag = (etag: string): string => etag.trim().replace(/^"([^"]*)"$/, `W/"$1${OURS}"`);

/** The way back: devices compare what they get with what they gave, letter by letter. */
export const deviceTags = (list: string): string => list.replace(/W\/"([^"]*);platen"/g, '"$1"');
