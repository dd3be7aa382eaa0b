/**
 * The text for a name that a device, an agent or a newer server has sent; undefined if there is none. Own properties
 * only: the name may be that of an inherited property, such as `constructor`.
 */
export const ownText = (texts: Readonly<Partial<Record<string, string>>>, name: string): string | undefined =>
  Object.hasOwn(texts, name) ? texts[name] : undefined;
