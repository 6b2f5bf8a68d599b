/** What time it is, ISO 8601 in UTC. Handed in, so that tests and imports decide it. */
export type Clock = () => string

export const systemClock: Clock = () => new Date().toISOString()
