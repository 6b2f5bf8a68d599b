import type { Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { inDoubt, refused, retry } from '../../failures.js'
import { loginPause } from '../../login-pause.js'
import type { LetterAdapter } from '../adapter.js'
import { type AddressRows, letterPreflight } from '../preflight.js'
import { letterFiles, manifestOf } from './manifest.js'
import { openSession, type SftpFailure, type SftpSession } from './session.js'
import type { SftpSettings } from './settings.js'
import { sftpZones } from './zones.js'

type Outcome = E.Either<ShipmentFailure, Sent>

/** So long is looked, after a connection broke at the one moment that matters, for what became of the letter. */
const LOOK_MS = 10_000

/**
 * Letters by a mail house's hot folder: PDF and manifest are written as `.tmp` and renamed, the manifest last. The mail house
 * acts on the manifest alone, so up to its renaming nothing has left the house.
 *
 * Once it is renamed the mail house may take both files away at any moment, and no trace is left. So what a crash cut off is
 * held for a person: that no file is there can mean that none was written, or that the letter is in the post.
 *
 * Source: SFTP version 3 (draft-ietf-secsh-filexfer-02). The manifest is a form of our own, to be agreed with the mail house.
 */
export const sftpAdapter = (settings: SftpSettings, rows: AddressRows): LetterAdapter => {
  const login = loginPause<SftpFailure>()
  const open = async (signal: AbortSignal): Promise<E.Either<SftpFailure, SftpSession>> => {
    const refused = login.refused()
    if (refused !== undefined) return E.left(refused)
    const session = await openSession(settings, signal)
    if (E.isLeft(session) && session.left.reason === 'login') login.refuse(session.left)
    return session
  }
  return {
    afterCrash: 'hold',
    preflight: letterPreflight(settings.countries, sftpZones[settings.addressPosition], rows),
    send: (shipment, signal) => send(open, settings, shipment, signal),
  }
}

type Open = (signal: AbortSignal) => Promise<E.Either<SftpFailure, SftpSession>>

interface LetterPaths {
  readonly document: string
  readonly manifest: string
}

const send = async (open: Open, settings: SftpSettings, shipment: Shipment, signal: AbortSignal): Promise<Outcome> => {
  const manifest = manifestOf(shipment, settings)
  if (manifest === undefined) return refused('noPostalAddress')
  const files = letterFiles(shipment.idempotencyKey)
  const paths: LetterPaths = {
    document: `${settings.folder}/${files.document}`,
    manifest: `${settings.folder}/${files.manifest}`,
  }
  const sent: Sent = { status: 'accepted', detail: `files ${files.document} and ${files.manifest}` }
  const session = await open(signal)
  if (E.isLeft(session)) return notDone('connecting', session.left)
  let result: Outcome | 'unknown'
  try {
    result = await put(session.right, paths, shipment.pdf, manifest, sent)
  } finally {
    session.right.close()
  }
  if (result !== 'unknown') return result
  // Over a connection of its own, with time of its own: the attempt's may be what is over.
  const second = await open(AbortSignal.timeout(LOOK_MS))
  if (E.isLeft(second)) return doubt(second.left.detail)
  try {
    return await lookFor(second.right, paths, manifest, sent)
  } finally {
    second.right.close()
  }
}

/** `unknown`: the connection broke while the manifest was renamed. */
const put = async (
  session: SftpSession,
  paths: LetterPaths,
  pdf: Uint8Array,
  manifest: Uint8Array,
  sent: Sent,
): Promise<Outcome | 'unknown'> => {
  const there = await compare(session, paths.manifest, manifest)
  if (E.isLeft(there)) return notDone('looking for the manifest', there.left)
  if (there.right === 'equal') return E.right({ ...sent, detail: `${sent.detail}, there already` })
  // The options may have changed since an attempt that went well and was not heard of.
  if (there.right === 'different') return inDoubt('a manifest of this letter with another content is there')

  const document = await place(session, paths.document, pdf)
  if (E.isLeft(document)) return document

  const temporary = `${paths.manifest}.tmp`
  const written = await write(session, temporary, manifest)
  if (E.isLeft(written)) return notDone('writing the manifest', written.left)
  // From here on the letter may be in the post.
  const renamed = await session.rename(temporary, paths.manifest)
  if (E.isRight(renamed)) return E.right(sent)
  switch (renamed.left.reason) {
    case 'lost':
      return 'unknown'
    case 'forbidden':
      return notDone('renaming the manifest', renamed.left)
    default:
      return lookFor(session, paths, manifest, sent)
  }
}

/** Written under another name and renamed when it is whole; the mail house does nothing about a document without a manifest. */
const place = async (
  session: SftpSession,
  path: string,
  bytes: Uint8Array,
): Promise<E.Either<ShipmentFailure, void>> => {
  const there = await compare(session, path, bytes)
  if (E.isLeft(there)) return notDone('looking for the document', there.left)
  if (there.right === 'equal') return E.right(undefined)
  if (there.right === 'different') return refused('another document has its name')
  const written = await write(session, `${path}.tmp`, bytes)
  if (E.isLeft(written)) return notDone('writing the document', written.left)
  const renamed = await session.rename(`${path}.tmp`, path)
  return E.isLeft(renamed) ? notDone('renaming the document', renamed.left) : E.right(undefined)
}

const write = async (session: SftpSession, path: string, bytes: Uint8Array): Promise<E.Either<SftpFailure, void>> => {
  const written = await session.write(path, bytes)
  if (E.isLeft(written)) return written
  const size = await session.size(path)
  if (E.isLeft(size)) return size
  return size.right === bytes.length
    ? E.right(undefined)
    : E.left({ reason: 'failed', detail: `${size.right} of ${bytes.length} bytes are there` })
}

/** By content; by size alone in a folder where one may not read what one wrote. */
const compare = async (
  session: SftpSession,
  path: string,
  bytes: Uint8Array,
): Promise<E.Either<SftpFailure, 'absent' | 'equal' | 'different'>> => {
  const size = await session.size(path)
  if (E.isLeft(size)) return size.left.reason === 'absent' ? E.right('absent') : size
  if (size.right !== bytes.length) return E.right('different')
  const read = await session.read(path)
  if (E.isLeft(read)) return read.left.reason === 'forbidden' ? E.right('equal') : read
  return E.right(Buffer.from(read.right).equals(bytes) ? 'equal' : 'different')
}

/**
 * What became of a manifest whose renaming did not go well. Can its temporary file be removed, then it was not renamed and
 * never will be. Is it there under its own name, then the letter is on its way. Otherwise it was taken by the mail house, or
 * by nobody: a person has to ask.
 */
const lookFor = async (
  session: SftpSession,
  paths: LetterPaths,
  manifest: Uint8Array,
  sent: Sent,
): Promise<Outcome> => {
  const removed = await session.remove(`${paths.manifest}.tmp`)
  if (E.isRight(removed)) return retry('the manifest was not renamed')
  const there = await compare(session, paths.manifest, manifest)
  if (E.isRight(there) && there.right === 'equal') return E.right(sent)
  return doubt(E.isLeft(there) ? there.left.detail : 'the mail house may have taken it')
}

const doubt = (why: string): Outcome => inDoubt(`nobody knows whether the manifest was renamed; ${why}`)

/** Before the manifest has its name: nothing has left the house. */
const notDone = (when: string, { detail }: SftpFailure) => retry(`${when}: ${detail}`)
