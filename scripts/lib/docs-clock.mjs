// Loaded before what the documentation's tests run (`node --import`): today is the day the page was written for.
const shift = Number(process.env.DOCS_CLOCK_SHIFT)
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift)
    else super(...args)
  }
  static now() {
    return RealDate.now() + shift
  }
}
