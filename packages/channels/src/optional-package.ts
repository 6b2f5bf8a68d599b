import { errorCode } from './error-code.js'

/** Why an optional package could not be loaded, in words: one that is there and broken is not one that is missing. */
export const notLoaded = (name: string, error: unknown): string => {
  const code = errorCode(error)
  return code === 'ERR_MODULE_NOT_FOUND' && error instanceof Error && error.message.includes(`'${name}'`)
    ? `the package ${name} is not installed`
    : `the package ${name} could not be loaded (${code ?? (error instanceof Error ? error.name : 'unknown')})`
}
