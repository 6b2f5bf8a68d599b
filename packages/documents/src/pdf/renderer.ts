import { availableParallelism } from 'node:os'
import type { Invoice, LocalDate } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { documentHtml } from '../invoice-html.js'
import type { Fonts, TemplateOptions } from '../template/options.js'
import { launchBrowser, type PrintBrowser, type PrintPage } from './browser.js'
import type { RenderFailure } from './failure.js'
import { findBrowser } from './find-browser.js'
import { stableBytes } from './stable-bytes.js'

export interface PdfRendererOptions {
  /** The Chromium to print with; without it `findBrowser` looks for one. */
  readonly executablePath?: string
  /** Most prints at a time (one more than there are processors, at most 4). Each is a page of the one browser, opened when it is needed: a process of some 60 MB. */
  readonly pages?: number
  /** Longest time of one print, in milliseconds (30 000). A browser that takes longer is ended and replaced. */
  readonly timeoutMs?: number
  /** How built-in documents look. */
  readonly template?: Partial<TemplateOptions>
}

/** A page to print as it is, such as the host's own template. `date` is written into the PDF as the time of its making. */
export interface HtmlPage {
  readonly html: string
  readonly date: LocalDate
}

export interface PdfRenderer {
  /**
   * The document as a tagged PDF, A4: an invoice by its built-in template, or a page of HTML as it is (script off, no network).
   * `template` goes before the renderer's own. Same document, same bytes, with one version of Chromium. Any number may be asked for at once; they wait in line for a page.
   */
  readonly render: (
    document: Invoice | HtmlPage,
    template?: Partial<TemplateOptions>,
  ) => TE.TaskEither<RenderFailure, Uint8Array>
  /** Ends the browser. What is not yet printed fails `RendererClosed`. May be called more than once. */
  readonly close: () => Promise<void>
}

/** A page on loan; what is wrong with it is told by giving back its browser as broken. */
interface Loan {
  readonly browser: PrintBrowser
  readonly page: PrintPage
}

const ATTEMPTS = 2
/** One more than processors: while one page hands over its PDF, another has work for each. */
const mostPages = (): number => Math.min(4, availableParallelism() + 1)

/**
 * Prints documents with a headless Chromium that is started at the first print, kept warm and shared by all.
 * When it crashes or hangs it is replaced and the print repeated once (printing has no effect beyond its bytes), then it is a failure.
 * Close it, or the process waits for it; when the process dies without closing, the browser ends by itself.
 */
export const pdfRenderer = (options: PdfRendererOptions = {}): PdfRenderer => {
  const pages = Math.max(1, Math.trunc(options.pages ?? mostPages()))
  const timeoutMs = options.timeoutMs ?? 30_000
  let closed = false
  let starting: Promise<E.Either<RenderFailure, PrintBrowser>> | undefined
  let current: PrintBrowser | undefined
  let idle: Array<Loan> = []
  let opened = 0
  const waiting: Array<() => void> = []

  const wakeNext = (): void => waiting.shift()?.()
  const wakeAll = (): void => {
    for (const wake of waiting.splice(0)) wake()
  }

  const start = async (): Promise<E.Either<RenderFailure, PrintBrowser>> => {
    try {
      const found = findBrowser({ executablePath: options.executablePath })
      if (E.isLeft(found)) return found
      const browser = await launchBrowser(found.right, timeoutMs)
      const first = await browser.openPage().catch(async (thrown) => {
        await browser.kill()
        throw thrown
      })
      current = browser
      idle = [{ browser, page: first }]
      opened = 1
      // Not waited for: it settles when the browser ends.
      void browser.gone.then(() => discard(browser))
      return E.right(browser)
    } catch (thrown) {
      return E.left({ _tag: 'BrowserFailed', detail: firstLine(thrown) })
    } finally {
      wakeAll()
    }
  }

  /** Forgets the browser, so that the next loan starts another; whoever still prints with it sees its own print fail. */
  const discard = (browser: PrintBrowser): void => {
    if (current !== browser) return
    current = undefined
    idle = []
    wakeAll()
  }

  /** Where it cannot be opened, those that are open go on; that the browser is gone is told by them. */
  const openAnother = async (browser: PrintBrowser): Promise<void> => {
    opened += 1
    const page = await browser.openPage().catch(() => undefined)
    if (current !== browser) return
    if (page === undefined) opened -= 1
    else giveBack({ browser, page })
  }

  const borrow = async (): Promise<E.Either<RenderFailure, Loan>> => {
    for (;;) {
      if (closed) return E.left({ _tag: 'RendererClosed' })
      const loan = idle.pop()
      if (loan !== undefined && !loan.browser.isGone()) return E.right(loan)
      if (loan !== undefined) discard(loan.browser)
      if (current === undefined) {
        starting ??= start().finally(() => {
          starting = undefined
        })
        const started = await starting
        if (E.isLeft(started)) return started
      } else {
        // Not waited for: whichever is free first is taken, the new page or one that is given back.
        if (opened < pages) void openAnother(current)
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    }
  }

  const giveBack = (loan: Loan): void => {
    if (current === loan.browser) idle.push(loan)
    wakeNext()
  }

  const printOnce = async (loan: Loan, html: string): Promise<E.Either<RenderFailure, Uint8Array>> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<E.Either<RenderFailure, Uint8Array>>((resolve) => {
      timer = setTimeout(() => resolve(E.left({ _tag: 'RenderTimedOut', timeoutMs })), timeoutMs)
    })
    const gone = loan.browser.gone.then(
      (): E.Either<RenderFailure, Uint8Array> =>
        E.left({ _tag: 'BrowserFailed', detail: 'the browser ended during the print' }),
    )
    const printed = loan.page.print(html).then(
      (pdf): E.Either<RenderFailure, Uint8Array> => E.right(pdf),
      (thrown): E.Either<RenderFailure, Uint8Array> => E.left({ _tag: 'BrowserFailed', detail: firstLine(thrown) }),
    )
    const result = await Promise.race([printed, gone, late])
    clearTimeout(timer)
    if (E.isRight(result)) giveBack(loan)
    else {
      discard(loan.browser)
      await loan.browser.kill()
    }
    return result
  }

  const print = async (html: (fonts: Fonts) => string): Promise<E.Either<RenderFailure, Uint8Array>> => {
    for (let attempt = 1; ; attempt++) {
      const loan = await borrow()
      if (E.isLeft(loan)) return loan
      const result = await printOnce(loan.right, html(loan.right.page.fonts))
      if (E.isRight(result)) return result
      if (closed) return E.left({ _tag: 'RendererClosed' })
      if (attempt >= ATTEMPTS) return result
    }
  }

  return {
    render: (document, template) => async () => {
      const [html, date] =
        'html' in document
          ? [() => document.html, document.date]
          : [
              (fonts: Fonts) => documentHtml(document, { ...options.template, ...template }, fonts),
              document.invoiceDate,
            ]
      const printed = await print(html)
      return E.isLeft(printed) ? printed : E.right(stableBytes(printed.right, date))
    },
    close: async () => {
      closed = true
      // One that is just starting must not outlive us.
      await starting?.catch(() => undefined)
      const browser = current
      if (browser === undefined) return wakeAll()
      const isIdle = idle.length === opened
      discard(browser)
      await (isIdle ? browser.close() : browser.kill())
    },
  }
}

/** The browser's message without the page around it: no text of the document may end up in a log. */
const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0] ?? ''
