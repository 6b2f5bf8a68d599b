import { createRequire } from 'node:module'

// A mail server in a process of its own: it takes every mail, keeps none, and tells its port to who started it.
const { SMTPServer } = createRequire(new URL('../../packages/channels/package.json', import.meta.url))('smtp-server')

const server = new SMTPServer({
  authOptional: true,
  hideSTARTTLS: true,
  disableReverseLookup: true,
  logger: false,
  onData: (stream, _session, taken) => {
    stream.resume()
    stream.on('end', () => taken(null, 'queued'))
  },
})
server.listen(0, '127.0.0.1', () => process.send(server.server.address().port))
process.on('disconnect', () => process.exit(0))
