import puppeteer from 'puppeteer-core'

/** A loop of `Page.setDocumentContent` and `Page.printToPDF`, and nothing else: what no renderer on Chromium can be faster than. */
export const bareCdp = async (executablePath) => {
  const browser = await puppeteer.launch({
    executablePath,
    headless: 'shell',
    pipe: true,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  const [page] = await browser.pages()
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
