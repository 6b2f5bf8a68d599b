import puppeteer, { type Browser, type PDFOptions } from 'puppeteer-core'

/** A way to print that the renderer is measured against. */
export interface BarePrinter {
  readonly print: (html: string) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

const launch = (executablePath: string): Promise<Browser> =>
  puppeteer.launch({
    executablePath,
    headless: 'shell',
    pipe: true,
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--font-render-hinting=none'],
  })

const paper: PDFOptions = { preferCSSPageSize: true, printBackground: true, tagged: true }

/** The limit: one warm page, `Page.setDocumentContent` and `Page.printToPDF` over CDP, and nothing else. */
export const bareLoop = async (executablePath: string): Promise<BarePrinter> => {
  const browser = await launch(executablePath)
  const page = await browser.newPage()
  const session = await page.createCDPSession()
  await session.send('Page.enable')
  const { frameTree } = await session.send('Page.getFrameTree')
  return {
    print: async (html) => {
      await session.send('Page.setDocumentContent', { frameId: frameTree.frame.id, html })
      const { data } = await session.send('Page.printToPDF', {
        preferCSSPageSize: true,
        printBackground: true,
        generateTaggedPDF: true,
      })
      return Buffer.from(data, 'base64')
    },
    close: () => browser.close(),
  }
}

/** The peer: a warm browser and a new page for each PDF, as puppeteer's guide has it. */
export const pagePerPdf = async (executablePath: string): Promise<BarePrinter> => {
  const browser = await launch(executablePath)
  return {
    print: async (html) => {
      const page = await browser.newPage()
      try {
        await page.setContent(html)
        return await page.pdf(paper)
      } finally {
        await page.close()
      }
    },
    close: () => browser.close(),
  }
}

/** The peer: a browser launched for each PDF. */
export const launchPerPdf = (executablePath: string): BarePrinter => ({
  print: async (html) => {
    const browser = await launch(executablePath)
    try {
      const page = await browser.newPage()
      await page.setContent(html)
      return await page.pdf(paper)
    } finally {
      await browser.close()
    }
  },
  close: async () => undefined,
})
