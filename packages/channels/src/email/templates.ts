import Handlebars from 'handlebars'
import type { MailContent } from './content.js'

/** A handlebars of our own: helpers or partials that a host registers on the shared one do not reach our mails. */
const handlebars = Handlebars.create()

const compiled = (source: string, noEscape: boolean): ((content: MailContent) => string) =>
  handlebars.compile<MailContent>(source, { noEscape, strict: true, preventIndent: true })

/** Nothing to escape in plain text; the body cannot reach the headers. */
export const textBody = compiled(
  `{{greeting}}

{{#each paragraphs}}{{this}}
{{/each}}{{#if portalUrl}}{{portalUrl}}
{{/if}}{{#if lines.length}}
{{linesHeading}}:
{{#each lines}}- {{this}}
{{/each}}{{/if}}{{#if rows.length}}
{{#each rows}}{{label}}: {{value}}
{{/each}}{{/if}}{{#if message}}
{{message}}
{{/if}}

{{questions}}

{{regards}}
{{seller}}
`,
  true,
)

/** No images and nothing loaded from elsewhere: opening the mail tells nobody. Headings and row headers are for screen readers. */
export const htmlBody = compiled(
  `<!DOCTYPE html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{subject}}</title>
<style>
body { margin: 0 auto; padding: 24px; max-width: 600px; color: #1a1a1a; background: #ffffff; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h1 { font-size: 20px; } h2 { font-size: 16px; margin: 24px 0 8px; }
table { border-collapse: collapse; } th { text-align: left; font-weight: normal; color: #4a4a4a; padding: 4px 24px 4px 0; vertical-align: top; } td { padding: 4px 0; font-weight: bold; }
ul { margin: 0; padding-left: 20px; }
</style>
</head>
<body>
<main>
<h1>{{subject}}</h1>
<p>{{greeting}}</p>
{{#each paragraphs}}<p>{{this}}</p>
{{/each}}{{#if portalUrl}}<p><a href="{{portalUrl}}">{{portalUrl}}</a></p>
{{/if}}{{#if lines.length}}<h2>{{linesHeading}}</h2>
<ul>
{{#each lines}}<li>{{this}}</li>
{{/each}}</ul>
{{/if}}{{#if rows.length}}<h2>{{amountsHeading}}</h2>
<table>
{{#each rows}}<tr><th scope="row">{{label}}</th><td>{{value}}</td></tr>
{{/each}}</table>
{{/if}}{{#if message}}<p style="white-space: pre-line">{{message}}</p>
{{/if}}<p>{{questions}}</p>
<p>{{regards}}<br>{{seller}}</p>
</main>
</body>
</html>
`,
  false,
)
