import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { findBrowser } from '../src/pdf/find-browser.js'

const Find = suite('find browser')

const only =
  (...files: ReadonlyArray<string>) =>
  (file: string): boolean =>
    files.includes(file)

const all = (): boolean => true

Find('takes the configured path, then the environment, then PATH', () => {
  const env = { UNDERLAG_BROWSER: '/b', PUPPETEER_EXECUTABLE_PATH: '/c', PATH: '/usr/bin:/opt/bin' }
  assert.equal(findBrowser({ executablePath: '/a', env, platform: 'linux', isExecutable: all }), E.right('/a'))
  assert.equal(findBrowser({ env, platform: 'linux', isExecutable: all }), E.right('/b'))
  assert.equal(
    findBrowser({ env: { ...env, UNDERLAG_BROWSER: '' }, platform: 'linux', isExecutable: all }),
    E.right('/c'),
  )
  const onPath = findBrowser({
    env: { PATH: '/usr/bin:/opt/bin' },
    platform: 'linux',
    isExecutable: only('/opt/bin/chromium', '/usr/bin/google-chrome'),
  })
  assert.equal(onPath, E.right('/opt/bin/chromium'))
})

Find('prefers the headless shell', () => {
  const isExecutable = only('/a/chromium', '/b/chromium-headless-shell')
  assert.equal(
    findBrowser({ env: { PATH: '/a:/b' }, platform: 'linux', isExecutable }),
    E.right('/b/chromium-headless-shell'),
  )
})

Find('knows where macOS and Windows keep theirs', () => {
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  assert.equal(findBrowser({ env: {}, platform: 'darwin', isExecutable: only(mac) }), E.right(mac))
  const edge = 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'
  const env = { 'PROGRAMFILES(X86)': 'C:\\Program Files (x86)' }
  assert.equal(findBrowser({ env, platform: 'win32', isExecutable: only(edge) }), E.right(edge))
})

Find('says in a sentence what to do when there is none', () => {
  const none = findBrowser({ env: { PATH: '/usr/bin' }, platform: 'linux', isExecutable: () => false })
  assert.ok(E.isLeft(none) && none.left._tag === 'BrowserNotFound')
  assert.match(
    E.isLeft(none) && none.left._tag === 'BrowserNotFound' ? none.left.remedy : '',
    'chromium-headless-shell',
  )
  const wrong = findBrowser({
    executablePath: '/nowhere/chrome',
    env: {},
    platform: 'linux',
    isExecutable: () => false,
  })
  assert.match(E.isLeft(wrong) && wrong.left._tag === 'BrowserNotFound' ? wrong.left.remedy : '', '/nowhere/chrome')
})
