/**
 * The word for a name that a device, an agent or a newer server has sent; undefined where there is none. Such a name may
 * be one that every object has, such as `constructor`.
 */
export const wordOf = (words: Readonly<Partial<Record<string, string>>>, name: string): string | undefined =>
  Object.hasOwn(words, name) ? words[name] : undefined;
