/** An exact rational, for reckoning once more and in another way than the code under test does. */
export interface Fraction {
  readonly n: bigint
  /** Above 0. */
  readonly d: bigint
}

export const whole = (n: bigint | number): Fraction => ({ n: BigInt(n), d: 1n })
export const over = (n: bigint | number, d: bigint | number): Fraction =>
  BigInt(d) < 0n ? { n: -BigInt(n), d: -BigInt(d) } : { n: BigInt(n), d: BigInt(d) }
export const decimal = (text: string): Fraction => {
  const [, sign, int = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  return over(BigInt(`${sign === '-' ? '-' : ''}${int}${fraction}`), 10n ** BigInt(fraction.length))
}
export const plus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d })
export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { n: -b.n, d: b.d })
export const times = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d })
export const by = (a: Fraction, b: Fraction): Fraction => over(a.n * b.d, a.d * b.n)
export const compare = (a: Fraction, b: Fraction): number => {
  const left = a.n * b.d
  const right = b.n * a.d
  return left < right ? -1 : left > right ? 1 : 0
}
export const floor = ({ n, d }: Fraction): bigint => (n >= 0n ? n / d : -((-n + d - 1n) / d))
/** To the nearest integer, a half away from zero. */
export const nearest = (a: Fraction): bigint => {
  const half = over(1, 2)
  return a.n >= 0n ? floor(plus(a, half)) : -floor(plus({ n: -a.n, d: a.d }, half))
}
