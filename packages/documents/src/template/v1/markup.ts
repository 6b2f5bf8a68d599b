/** What every document stands in, whoever made its body: language, title, what may not be fetched or run, the foot for the screen. */
export const framed = (body: string): string => `<!DOCTYPE html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{title}}</title>
<style>{{{style}}}</style>
</head>
<body class="address-{{addressPosition}}">
${body}<footer>{{#each footer}}<div>{{#each this}}<p>{{this}}</p>{{/each}}</div>{{/each}}</footer>
</body>
</html>
`

/**
 * The document's structure (Handlebars; every `{{…}}` is escaped). Reading order is that of a letter read aloud:
 * who writes, what it is, to whom, what to pay and how, for what.
 */
export const body = `<header>
<div class="sender{{#if sender.longName}} long{{/if}}{{#if sender.flowing}} flowing{{/if}}">{{#if logo}}<img class="logo" src="{{logo}}" alt="">{{/if}}<p class="name">{{sender.name}}</p><div class="about">{{#each sender.lines}}<span>{{this}}</span>{{/each}}</div></div>
<h1>{{heading}} <span class="number"><span class="label">{{texts.number}}</span> {{number}}</span></h1>
<address class="recipient{{#if recipient.dense}} dense{{/if}}" aria-label="{{texts.recipient}}">{{#each recipient.lines}}<span>{{this}}</span>{{/each}}</address>
<dl class="facts">{{#each facts}}<div><dt>{{label}}</dt><dd>{{value}}</dd></div>{{/each}}</dl>
</header>
<section class="payment" aria-label="{{texts.payment}}">
<div class="amount"><p class="label">{{payment.label}}</p><p class="figure">{{payment.amount}}</p></div>
{{#if payment.details}}<dl>{{#each payment.details}}<div><dt>{{label}}</dt><dd>{{value}}</dd></div>{{/each}}</dl>{{/if}}
{{#if payment.code}}<img src="{{payment.code.image}}" alt="{{payment.code.alt}}">{{/if}}
</section>
{{#if message}}<section class="message">{{#each message}}<p>{{this}}</p>{{/each}}</section>{{/if}}
{{#each tables}}<table class="lines">
<thead><tr>
<th scope="col" class="date">{{@root.texts.supplied}}</th>
<th scope="col" class="what">{{@root.texts.description}}</th>
<th scope="col" class="quantity">{{@root.texts.quantity}}</th>
<th scope="col" class="price">{{@root.texts.unitPrice}}{{#if @root.columns.excludingVat}} <small>{{@root.texts.excludingVat}}</small>{{/if}}{{#if @root.columns.withVat}} <small class="second">{{@root.texts.includingVat}}</small>{{/if}}</th>
{{#if @root.columns.discount}}<th scope="col" class="discount">{{@root.texts.discount}}</th>{{/if}}
{{#if @root.columns.vat}}<th scope="col" class="vat">{{@root.texts.vat}}</th>{{/if}}
<th scope="col" class="net">{{@root.texts.amount}}{{#if @root.columns.excludingVat}} <small>{{@root.texts.excludingVat}}</small>{{/if}}{{#if @root.columns.withVat}} <small class="second">{{@root.texts.includingVat}}</small>{{/if}}</th>
</tr>{{#if label}}<tr class="group"><th scope="colgroup" colspan="{{@root.columns.count}}">{{label}}</th></tr>{{/if}}</thead>
{{#each groups}}<tbody class="visits{{#if label}} whole{{/if}}">
{{#if label}}<tr class="group"><th scope="rowgroup" colspan="{{@root.columns.count}}">{{label}}</th></tr>{{/if}}
{{#each lines}}<tr>
<td class="date">{{supplied}}</td>
<td class="what">{{description}}{{#if practitioner}}<span class="second">{{practitioner}}</span>{{/if}}</td>
<td class="quantity">{{quantity}}</td>
<td class="price">{{unitPrice}}{{#if unitPriceWithVat}}<span class="second">{{unitPriceWithVat}}</span>{{/if}}</td>
{{#if @root.columns.discount}}<td class="discount">{{#if discount}}{{discount}}{{/if}}</td>{{/if}}
{{#if @root.columns.vat}}<td class="vat">{{vat}}</td>{{/if}}
<td class="net">{{net}}{{#if withVat}}<span class="second">{{withVat}}</span>{{/if}}</td>
</tr>
{{/each}}</tbody>
{{/each}}</table>
{{/each}}<div class="closing">
<div class="tax">
<table class="vat-summary" aria-label="{{texts.vatSummary}}">
<thead><tr><td></td><th scope="col">{{texts.taxable}}</th><th scope="col">{{texts.vat}}</th></tr></thead>
<tbody>{{#each vatRows}}<tr><th scope="row">{{label}}</th><td>{{taxable}}</td><td>{{vatAmount}}</td></tr>{{/each}}</tbody>
</table>
{{#if statements}}<div class="statements">{{#each statements}}<p>{{this}}</p>{{/each}}</div>{{/if}}
</div>
<dl class="totals" aria-label="{{texts.sums}}">{{#each sums}}<div><dt>{{label}}</dt><dd>{{value}}</dd></div>{{/each}}<div class="total"><dt>{{total.label}}</dt><dd>{{total.value}}</dd></div></dl>
</div>
{{#if note}}<section class="note">{{#each note}}<p>{{this}}</p>{{/each}}</section>{{/if}}
`
