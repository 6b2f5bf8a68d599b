// Which fields a codec of io-ts takes, learnt from what it says of wrong values: the codecs keep their fields to themselves,
// and every problem names the field and what it must be.

const PROBE = 'noField'
const KNOWN = /^(?:(.*)\.)?noField must be left out: it is no field here \(known: (.*)\)$/
const SAID = /^(\S+) must be (.*?)(?: \(got [^()]*\))?$/s

const put = (path, value) => path.reduceRight((inside, key) => (key === '[]' ? [inside] : { [key]: inside }), value)
const spoken = (path) => path.map((key) => (key === '[]' ? '0' : key)).join('.')

/** What must be there, said of a value that fits nothing. */
const remedyOf = (problemsOf, path) => {
  const said = problemsOf(put(path, Symbol(PROBE)))
    .map((problem) => SAID.exec(problem))
    .filter((found) => found?.[1] === spoken(path))
    .map(([, , remedy]) => remedy)
  return [...new Set(said)].join(' or ')
}

/** The fields of the record at a path, each with those beneath it; `undefined`: no record is taken there. */
const recordAt = (problemsOf, path) => {
  const problems = problemsOf(put([...path, PROBE], 0))
  const at = spoken(path)
  const known = problems.map((problem) => KNOWN.exec(problem)).find((found) => found && (found[1] ?? '') === at)
  if (known === undefined) return undefined
  if (known[2] === '') return []
  const missing = new Set(problems.map((problem) => SAID.exec(problem)?.[1]))
  return known[2].split(', ').map((name) => {
    const own = [...path, name]
    return {
      name,
      required: missing.has(spoken(own)),
      remedy: remedyOf(problemsOf, own),
      fields: recordAt(problemsOf, own) ?? undefined,
      ofList: recordAt(problemsOf, [...own, '[]']) ?? undefined,
    }
  })
}

/** `problemsOf(value)`: the sentences that are told of a value, as `problems` of the kernel makes them; none where it fits. */
export const fieldsOf = (problemsOf) => recordAt(problemsOf, []) ?? []
