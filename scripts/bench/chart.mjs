/** Each line's ratio as a part of its goal: a bar that reaches the mark has met it. */
export const chart = (rows) => {
  const height = 34
  const width = 820
  const left = 330
  const full = 360
  const most = Math.max(2, ...rows.map(({ ratio, goal }) => ratio / goal))
  const scale = full / most
  const bars = rows.map(({ line, what, ratio, goal, met }, i) => {
    const y = 46 + i * height
    return `<text x="${left - 12}" y="${y + 15}" text-anchor="end">${line}  ${escaped(what)}</text>
<rect x="${left}" y="${y}" width="${((ratio / goal) * scale).toFixed(1)}" height="22" rx="3" fill="${met ? '#2f6f5e' : '#b4472e'}"/>
<text x="${(left + (ratio / goal) * scale + 8).toFixed(1)}" y="${y + 15}">${ratio.toFixed(2)} (goal ${goal.toFixed(2)})</text>`
  })
  const bottom = 46 + rows.length * height
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 24}" viewBox="0 0 ${width} ${bottom + 24}" font-family="sans-serif" font-size="13">
<title>Underlag against the limit: ratio as a part of the goal</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="24" font-weight="bold">Ratio to the limit, the goal at the mark</text>
${bars.join('\n')}
<line x1="${left + scale}" y1="36" x2="${left + scale}" y2="${bottom}" stroke="#222222" stroke-dasharray="4 3"/>
</svg>
`
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
