export { type BarePrinter, bareLoop, launchPerPdf, pagePerPdf } from './bare-printers.js'
export { type SampleLine, sample, samples } from './sample-invoices.js'
