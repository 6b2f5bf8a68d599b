/** What fetches: nothing of a document comes from a network, so each is a mistake in a style sheet. */
const FETCHES = /@import|@font-face|@namespace|(?:url|src|image|image-set|cross-fade)\(\s*(?!["']?data:image\/|["']?#)/i
const OTHER = /<\/|<!|expression\(|javascript:|-moz-binding|behavior\s*:/i

/** A style sheet without comments and escapes, so that no other spelling hides a word; lines stay lines. */
const plain = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, code: string) =>
      String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff)),
    )
    .replace(/\\([^\n])/g, '$1')

/** What in a style sheet has no place in a document, and on which of its lines (from 1); `undefined`: nothing. */
export const cssProblem = (css: string): { readonly line: number; readonly reason: string } | undefined => {
  const all = plain(css)
  const found = FETCHES.exec(all) ?? OTHER.exec(all)
  if (found === null) return undefined
  const [word] = found
  return {
    line: all.slice(0, found.index).split('\n').length,
    reason:
      FETCHES.test(word) || FETCHES.test(all)
        ? `${word.trim()} has no place in a document: nothing is fetched. Set the image by the logo, or inside the style as url(data:image/…)`
        : `${word.trim()} has no place in a style sheet`,
  }
}
