import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as assert from 'uvu/assert'
import type { Answer, Channel, CommandData, CommandType } from '../src/index.js'
import { type Clinic, inClinic, settled } from './support/clinic.js'
import { type Given, happened, type Outcome, type Row, rows } from './support/outcomes.js'
import { onMemory } from './support/stores.js'

const outcomeOf = (answer: Answer): Outcome =>
  answer.ok
    ? {
        events: answer.events.map(({ type }) => type),
        ...(answer.warnings === undefined ? {} : { warnings: answer.warnings }),
        ...(answer.refused === undefined ? {} : { refused: answer.refused }),
      }
    : answer.refusal

const nameOf = (outcome: Outcome): string =>
  'events' in outcome ? (outcome.events as ReadonlyArray<string>).join(' ') || 'nothing' : outcome._tag

const letters: Channel = {
  name: 'letter',
  afterCrash: 'hold',
  retry: { attempts: 1, firstDelayMs: 1_000, maxDelayMs: 1_000 },
  timeoutMs: 5_000,
  preflight: () => [],
  send: () => TE.fromEither(E.right({ status: 'accepted', detail: 'posted' })),
  close: async () => {},
}

const say = ({ accept }: Clinic, [type, data]: Given) => accept(type, data as CommandData[typeof type])

for (const [type, cases] of Object.entries(rows) as ReadonlyArray<[CommandType, ReadonlyArray<Row<CommandType>>]>) {
  const Outcomes = suite(`outcomes of ${type}`)
  for (const [i, { given = [], fresh = false, when, outcome }] of cases.entries())
    Outcomes(
      `${i + 1}: ${nameOf(outcome)} of ${JSON.stringify(when)}`,
      inClinic(
        onMemory,
        async (clinic) => {
          if (!fresh) await settled(clinic)
          for (const command of fresh ? given : [...happened, ...given]) await say(clinic, command)
          assert.equal(outcomeOf(await clinic.send(type, when)), outcome)
        },
        { channels: [letters] },
      ),
    )
}
