/**
 * One line of harmless text out of anything: no line breaks and no control characters (which could begin another header),
 * and none that turn the writing direction (which could make a name read as something else).
 */
export const plainLine = (value: string): string =>
  value
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/ {2,}/g, ' ')
    .trim()
