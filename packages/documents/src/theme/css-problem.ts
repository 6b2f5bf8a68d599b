/** What fetches: nothing of a document comes from a network, so each is a mistake in a style sheet. */
const FETCHES =
  /@import|@font-face|@namespace|(?:image|image-set|cross-fade)\(|(?:url|src)\(\s*(?!["']?data:image\/|["']?#)/i
const OTHER = /<\/|<!|expression\(|javascript:|-moz-binding|behavior\s*:/i

const withoutComments = (css: string): string =>
  css.replace(/\/\*[\s\S]*?(?:\*\/|$)/g, (comment) => comment.replace(/[^\n]/g, ''))

/** A style sheet without escapes, so that no other spelling hides a word; lines stay lines. */
const plain = (css: string): string =>
  css
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, code: string) =>
      String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff)),
    )
    .replace(/\\([^\n])/g, '$1')

/** What in a style sheet has no place in a document, and on which of its lines (from 1); `undefined`: nothing. */
export const cssProblem = (css: string): { readonly line: number; readonly reason: string } | undefined =>
  // With its comments too: within a string or an address their signs are none, and would hide what stands between.
  problemOf(plain(withoutComments(css))) ?? problemOf(plain(css))

const problemOf = (all: string): { readonly line: number; readonly reason: string } | undefined => {
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
