import { EventStoreDBClient } from '@eventstore/db-client'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { Address } from './connection-string.js'

/** An event on its way to the server, as bytes. */
export interface SentEvent {
  /** UUID. */
  readonly id: string
  readonly type: string
  /** JSON. */
  readonly data: Uint8Array
  /** JSON. */
  readonly metadata: Uint8Array
}

/** An event as the server gives it back. */
export interface ServerEvent extends SentEvent {
  readonly stream: string
  readonly revision: bigint
  /** Its place in `$all`: the commit position, which equals the prepare position in every log written since version 5. */
  readonly position: bigint
}

export type AppendAnswer =
  | { readonly _tag: 'Appended'; readonly revision: bigint; readonly position: bigint }
  /** `actual` is -1n where there is no stream. */
  | { readonly _tag: 'WrongRevision'; readonly actual: bigint }

/** What is read: one stream, or `$all` with a filter on the names of streams. */
export type Reading =
  | { readonly of: 'stream'; readonly stream: string; readonly from: bigint; readonly count: number }
  | {
      readonly of: 'all'
      /** After this position. Absent: from the beginning, or backwards from the end. */
      readonly after?: bigint
      readonly backwards?: boolean
      /** A regular expression. Absent: every event there is. */
      readonly streams?: string
      readonly count: number
    }
  /** The event at a position. */
  | { readonly of: 'position'; readonly at: bigint }
  /** What comes after a position, in streams whose names begin with `prefix`. */
  | { readonly of: 'subscription'; readonly after?: bigint; readonly prefix: string }

/** What the server says during a reading, in its order: a checkpoint stands behind everything before it. */
export type Said =
  | { readonly _tag: 'Event'; readonly event: ServerEvent }
  | { readonly _tag: 'Checkpoint'; readonly position: bigint }
  | { readonly _tag: 'Confirmed' }

/** Takes what is said, at once; false: enough. */
export type Take = (said: Said) => boolean

export interface ClientOptions {
  readonly address: Address
  /** PEM of the authority that signed the server's certificate. */
  readonly authority?: Buffer
  /** How soon a silent connection is asked for a sign of life, in ms. Two clients share a connection where all options are equal. */
  readonly keepAliveMs: number
}

/** One gRPC connection. It throws what gRPC throws; see `faultOf`. */
export interface Client {
  /** Appends at the exact revision (-1n: no stream), on the unary path, where a deadline works. */
  readonly append: (
    stream: string,
    expected: bigint,
    events: ReadonlyArray<SentEvent>,
    deadlineMs: number,
  ) => Promise<AppendAnswer>
  /**
   * Until it ends by itself, `take` answers false or the signal is given. Answered by the leader alone: a follower may not have yet
   * what was acknowledged.
   */
  readonly read: (reading: Reading, take: Take, signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * The vendor's client finds the leader, keeps the connection and the credentials. Requests are made here, beneath its functions:
 * its reads know no filter though the protocol does, its subscriptions hand out checkpoints ahead of the events before them, its
 * appends without credentials take a path that hangs without a time-out, and one cut off in the middle ends the process.
 */
export const openClient = ({ address, authority, keepAliveMs }: ClientOptions): Client => {
  const { hosts, discover, insecure, user } = address
  const options = {
    keepAliveInterval: keepAliveMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    // Trying again is ours.
    maxDiscoverAttempts: 1,
    gossipTimeout: GOSSIP_TIMEOUT_S,
    connectionName: 'underlag',
  }
  const channel = { insecure, ...(authority === undefined ? {} : { rootCertificate: authority }) }
  const [first] = hosts
  if (first === undefined) throw new Error('an address has at least one host')
  const client = discover
    ? new ProtocolClient({ ...options, discover: first }, channel, user)
    : hosts.length > 1
      ? new ProtocolClient({ ...options, endpoints: [...hosts] }, channel, user)
      : new ProtocolClient({ ...options, endpoint: first }, channel, user)
  return {
    append: (...call) => client.append(...call),
    read: (...call) => client.responses(...call),
    close: () => client.shut(),
  }
}

const KEEP_ALIVE_TIMEOUT = 10_000
const GOSSIP_TIMEOUT_S = 2
/** Events the server looks at between two checkpoints of a filtered reading. */
const WINDOW = 500

class ProtocolClient extends EventStoreDBClient {
  append(
    stream: string,
    expected: bigint,
    events: ReadonlyArray<SentEvent>,
    deadlineMs: number,
  ): Promise<AppendAnswer> {
    return this.execute(
      streamsService.StreamsClient,
      'append',
      (client) =>
        new Promise((resolve, reject) => {
          const call = client.append(
            ...this.callArguments({ requiresLeader: true, deadline: deadlineMs }),
            (error, response) => {
              if (error !== null) reject(error)
              else resolve(answerOf(response))
            },
          )
          // The callback tells it as well.
          call.on('error', () => {})
          call.write(appendHeader(stream, expected))
          for (const event of events) call.write(appendMessage(event))
          call.end()
        }),
    )
  }

  async responses(reading: Reading, take: Take, signal: AbortSignal): Promise<void> {
    const create = this.GRPCStreamCreator(streamsService.StreamsClient, 'read', (client) =>
      client.read(
        readRequest(reading),
        ...this.callArguments({ requiresLeader: true }, { deadline: Number.POSITIVE_INFINITY }),
      ),
    )
    const after = reading.of === 'all' ? reading.after : undefined
    // Listened to and not iterated: half the cost of an event.
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
      create().then((call) => {
        const end = (): void => {
          call.cancel()
          resolve()
        }
        // Stays: what fails after the last look at it would end the process.
        call.on('error', reject)
        call.on('end', resolve)
        call.on('data', (response: ReadResp) => {
          if (signal.aborted) return
          const said = saidBy(response)
          const known = said?._tag === 'Event' && said.event.position === after
          if (said !== undefined && !known && !take(said)) end()
        })
        signal.addEventListener('abort', end, { once: true })
        if (signal.aborted) end()
      }, reject)
    })
  }

  async shut(): Promise<void> {
    await this.dispose()
    try {
      ;(await this.getChannel()).close()
    } catch {
      // There was no connection to be closed.
    }
  }
}

type AppendResp = InstanceType<typeof streams.AppendResp>
type ReadResp = InstanceType<typeof streams.ReadResp>

const streamIdentifier = (name: string): InstanceType<typeof shared.StreamIdentifier> => {
  const identifier = new shared.StreamIdentifier()
  identifier.setStreamName(Buffer.from(name))
  return identifier
}

const appendHeader = (stream: string, expected: bigint): InstanceType<typeof streams.AppendReq> => {
  const options = new streams.AppendReq.Options()
  options.setStreamIdentifier(streamIdentifier(stream))
  if (expected < 0n) options.setNoStream(new shared.Empty())
  else options.setRevision(String(expected))
  const header = new streams.AppendReq()
  header.setOptions(options)
  return header
}

const appendMessage = ({ id, type, data, metadata }: SentEvent): InstanceType<typeof streams.AppendReq> => {
  const uuid = new shared.UUID()
  uuid.setString(id)
  const message = new streams.AppendReq.ProposedMessage()
  message.setId(uuid)
  message.getMetadataMap().set('type', type).set('content-type', 'application/json')
  message.setData(data)
  message.setCustomMetadata(metadata)
  const request = new streams.AppendReq()
  request.setProposedMessage(message)
  return request
}

const answerOf = (response: AppendResp): AppendAnswer => {
  const wrong = response.getWrongExpectedVersion()
  if (wrong !== undefined) {
    return { _tag: 'WrongRevision', actual: wrong.hasCurrentRevision() ? BigInt(wrong.getCurrentRevision()) : -1n }
  }
  const success = response.getSuccess()
  return {
    _tag: 'Appended',
    revision: BigInt(success?.getCurrentRevision() ?? -1),
    position: BigInt(success?.getPosition()?.getCommitPosition() ?? 0),
  }
}

const readRequest = (reading: Reading): InstanceType<typeof streams.ReadReq> => {
  const { ReadReq } = streams
  const options = new ReadReq.Options()
  const uuid = new ReadReq.Options.UUIDOption()
  uuid.setString(new shared.Empty())
  options.setUuidOption(uuid)
  options.setReadDirection(reading.of === 'all' && reading.backwards === true ? BACKWARDS : FORWARDS)
  if (reading.of === 'stream') {
    const of = new ReadReq.Options.StreamOptions()
    of.setStreamIdentifier(streamIdentifier(reading.stream))
    of.setRevision(String(reading.from))
    options.setStream(of)
    options.setNoFilter(new shared.Empty())
  } else {
    const of = new ReadReq.Options.AllOptions()
    const from = reading.of === 'position' ? reading.at : reading.after
    if (from !== undefined) {
      const position = new ReadReq.Options.Position()
      position.setCommitPosition(String(from))
      position.setPreparePosition(String(from))
      of.setPosition(position)
    } else if (reading.of === 'all' && reading.backwards === true) of.setEnd(new shared.Empty())
    else of.setStart(new shared.Empty())
    options.setAll(of)
    const names: { readonly prefix?: string; readonly pattern?: string | undefined } =
      reading.of === 'subscription'
        ? { prefix: reading.prefix }
        : reading.of === 'all'
          ? { pattern: reading.streams }
          : {}
    if (names.prefix === undefined && names.pattern === undefined) options.setNoFilter(new shared.Empty())
    else {
      const expression = new ReadReq.Options.FilterOptions.Expression()
      if (names.prefix !== undefined) expression.setPrefixList([names.prefix])
      if (names.pattern !== undefined) expression.setRegex(names.pattern)
      const filter = new ReadReq.Options.FilterOptions()
      filter.setStreamIdentifier(expression)
      filter.setMax(WINDOW)
      filter.setCheckpointintervalmultiplier(1)
      options.setFilter(filter)
    }
  }
  if (reading.of === 'subscription') options.setSubscription(new ReadReq.Options.SubscriptionOptions())
  // A reading of `$all` begins with the event at the position, a subscription after it.
  else if (reading.of === 'position') options.setCount('1')
  else options.setCount(String(reading.of === 'all' && reading.after !== undefined ? reading.count + 1 : reading.count))
  const request = new ReadReq()
  request.setOptions(options)
  return request
}

const FORWARDS = 0
const BACKWARDS = 1

const saidBy = (response: ReadResp): Said | undefined => {
  const recorded = response.getEvent()?.getEvent()
  if (recorded !== undefined) {
    return {
      _tag: 'Event',
      event: {
        stream: Buffer.from(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
        revision: BigInt(recorded.getStreamRevision()),
        position: BigInt(recorded.getCommitPosition()),
        id: recorded.getId()?.getString() ?? '',
        type: recorded.getMetadataMap().get('type') ?? '',
        data: recorded.getData_asU8(),
        metadata: recorded.getCustomMetadata_asU8(),
      },
    }
  }
  const checkpoint = response.getCheckpoint()
  if (checkpoint !== undefined) return { _tag: 'Checkpoint', position: BigInt(checkpoint.getCommitPosition()) }
  return response.hasConfirmation() ? { _tag: 'Confirmed' } : undefined
}
