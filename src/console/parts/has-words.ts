/** Every word that was typed has to be somewhere in the texts, upper or lower case. */
export function hasWords(texts: readonly string[], typed: string): boolean {
  const all = texts.join('\n').toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
