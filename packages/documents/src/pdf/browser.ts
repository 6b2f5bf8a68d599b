import type { ChildProcess } from 'node:child_process'
import type { Browser, CDPSession } from 'puppeteer-core'
import { allFonts, FONT_FAMILY } from '../template/font.js'
import type { Fonts } from '../template/options.js'

/** One page that prints: a document in, the browser's PDF out. */
export interface PrintPage {
  /** Whether the built-in documents' fonts stay in the page from print to print, so that a document need not carry them. */
  readonly fonts: Fonts
  readonly print: (html: string) => Promise<Uint8Array>
}

/** A running Chromium. */
export interface PrintBrowser {
  /** Opens one more page, warm. Rejects when the browser cannot. */
  readonly openPage: () => Promise<PrintPage>
  /** Settles when the browser is gone, whoever ended it. */
  readonly gone: Promise<void>
  readonly isGone: () => boolean
  /** Ends it at once and waits until its process is gone. */
  readonly kill: () => Promise<void>
  /** Ends it as it ends by itself, so that it sees to its own processes; at once where it does not answer. */
  readonly close: () => Promise<void>
}

/** Launches the browser in its own, empty profile. Rejects when it does not start. */
export const launchBrowser = async (executablePath: string, timeoutMs: number): Promise<PrintBrowser> => {
  // Loaded with the first print: whoever only reads the register does not wait for it.
  const { default: puppeteer } = await import('puppeteer-core')
  const browser = await puppeteer.launch({
    executablePath,
    headless: 'shell',
    // Over a pipe the browser ends when this process does, however it dies; and no port is open to others on the machine.
    pipe: true,
    timeout: timeoutMs,
    // Bounds each step of the start; a print has its own, shorter time.
    protocolTimeout: timeoutMs + 1_000,
    // Signals are the host's; a library does not answer them.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // Chromium refuses its sandbox to root; anyone else has it.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      // Nothing on an invoice comes from the network: no name resolves.
      '--host-resolver-rules=MAP * ~NOTFOUND',
      '--disable-gpu',
      '--font-render-hinting=none',
      '--disable-dev-shm-usage',
    ],
  })
  // A browser that dies with an answer half written breaks its pipe; unheard, that error would end the host's process.
  for (const stream of browser.process()?.stdio ?? []) stream?.on('error', () => undefined)
  let gone = false
  const end = new Promise<void>((resolve) => {
    browser.once('disconnected', () => {
      gone = true
      resolve()
    })
  })
  let unused = browser.targets().find((target) => target.type() === 'page')
  return {
    openPage: async () => {
      const target = unused
      unused = undefined
      return printPage(await (target?.createCDPSession() ?? newPage(browser)))
    },
    gone: end,
    isGone: () => gone,
    kill: () => endOf(browser),
    close: () => closeOf(browser),
  }
}

/** Over the protocol alone: puppeteer's own way waits for events that do not come when the browser ends meanwhile. */
const newPage = async (browser: Browser): Promise<CDPSession> => {
  const connection = (await browser.target().createCDPSession()).connection()
  if (connection === undefined) throw new Error('the browser is gone')
  const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' })
  const { targetInfo } = await connection.send('Target.getTargetInfo', { targetId })
  return connection.createSession(targetInfo)
}

const CLOSING_MS = 2_000

const closeOf = async (browser: Browser): Promise<void> => {
  const closed = browser.close().then(
    () => true,
    () => false,
  )
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CLOSING_MS)
  })
  if (!(await Promise.race([closed, late]))) await endOf(browser)
  clearTimeout(timer)
}

const endOf = async (browser: Browser): Promise<void> => {
  const child = browser.process()
  const exited =
    child === null || child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Not a polite close first: a browser that hangs does not answer, and there is nothing in it to save.
  if (child !== null) killGroup(child)
  await exited
  await browser.close().catch(() => undefined)
}

// Debian's program is a shell script around the browser: only the group, which puppeteer makes, reaches all of it.
const killGroup = (child: ChildProcess): void => {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** A page of its own session: script off, offline, and set and printed over the protocol with no navigation between documents. */
const printPage = async (session: CDPSession): Promise<PrintPage> => {
  await session.send('Page.enable')
  await session.send('Inspector.enable')
  const { frameTree } = await session.send('Page.getFrameTree')
  const frameId = frameTree.frame.id
  const fonts = await installFonts(session, frameId)
  await session.send('Emulation.setScriptExecutionDisabled', { value: true })
  await session.send('Network.enable')
  await session.send('Network.setBypassServiceWorker', { bypass: true })
  await session.send('Network.emulateNetworkConditions', {
    offline: true,
    latency: 0,
    downloadThroughput: 0,
    uploadThroughput: 0,
  })
  const crashed = new Promise<never>((_, reject) => {
    // A page that ran out of memory answers nothing any more, and its browser lives on.
    session.once('Inspector.targetCrashed', () => reject(new Error('the page of the browser crashed')))
  })
  crashed.catch(() => undefined)
  const printed = async (html: string): Promise<Uint8Array> => {
    await session.send('Page.setDocumentContent', { frameId, html })
    const { data } = await session.send('Page.printToPDF', {
      preferCSSPageSize: true,
      printBackground: true,
      generateTaggedPDF: true,
      generateDocumentOutline: false,
      transferMode: 'ReturnAsBase64',
    })
    return Buffer.from(data, 'base64')
  }
  return { fonts, print: (html) => Promise.race([printed(html), crashed]) }
}

/**
 * Puts the fonts into the page's own font set, which outlives its documents: unpacking them anew is a third of a print's time.
 * Whether they do outlive is tried out, not trusted: where not, each document carries its own.
 */
const installFonts = async (session: CDPSession, frameId: string): Promise<Fonts> => {
  const faces = allFonts().map(({ weight, range, source }) => [
    `url(${source})`,
    { weight: String(weight), unicodeRange: range },
  ])
  await session.send('Runtime.evaluate', {
    awaitPromise: true,
    expression: `Promise.all(${JSON.stringify(faces)}.map(([source, descriptors]) => {
      const face = new FontFace(${JSON.stringify(FONT_FAMILY)}, source, descriptors)
      document.fonts.add(face)
      return face.load()
    })).then(() => undefined)`,
  })
  const html = `<p style="font-family:'${FONT_FAMILY}'">a<b>b</b></p>`
  await session.send('Page.setDocumentContent', { frameId, html })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `document.fonts.size === ${faces.length} && [...document.fonts].every((face) => face.status === 'loaded')`,
  })
  return result.value === true ? 'installed' : 'embedded'
}
