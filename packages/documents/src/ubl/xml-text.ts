/**
 * Text without what XML 1.0 cannot carry (control characters, half of a surrogate pair, U+FFFE and U+FFFF), without white space
 * around it, and with one kind of line break.
 */
export const tidy = (text: string | undefined): string =>
  (text ?? '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/gu, '')
    .trim()

/** The same on one line. */
export const onOneLine = (text: string | undefined): string => tidy(text).replace(/[\t\n]+/g, ' ')
