// Which way imports may go. Checked by scripts/checks.mjs with swc as the parser: TypeScript 7 has no JavaScript API.
// Both spellings of a target are meant everywhere: the built package a name resolves to, and the sources.
const anyPackage = '^(packages/|@underlag/|underlag$|underlag/)'
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^packages/${from}/` },
  to: { path: anyPackage, pathNot: allowed.map((to) => `^(packages/${to}/|@underlag/${to}(/|$))`) },
})

module.exports = {
  forbidden: [
    only('kernel-alone', 'kernel', ['kernel'], 'the kernel imports no other package'),
    only('invoicing-on-kernel', 'invoicing', ['kernel', 'invoicing'], 'invoicing imports only the kernel'),
    only('stores-on-kernel', '(store-[^/]+)', ['kernel', '$1'], 'a store imports only the kernel'),
    only(
      'documents-on-invoicing',
      '(documents|channels|bookkeeping)',
      ['kernel', 'invoicing', '$1'],
      'documents, channels and bookkeeping import kernel and invoicing, and never each other',
    ),
    {
      name: 'invoicing-pure',
      severity: 'error',
      comment: 'the domain has no clock, no ids and no I/O: of what is not ours only fp-ts and io-ts',
      from: { path: '^packages/invoicing/src/' },
      to: {
        path: '.',
        pathNot: ['^packages/', '^@underlag/kernel(/|$)', '(^|/)node_modules/(fp-ts|io-ts)/', '^(fp-ts|io-ts)(/|$)'],
      },
    },
    {
      name: 'testing-only-in-tests',
      severity: 'error',
      comment: '@underlag/kernel/testing is for tests and for other testing code',
      from: { path: '.', pathNot: ['(^|/)test/', '^packages/[^/]+/src/testing/', '^packages/[^/]+/dist/'] },
      to: { path: ['^packages/kernel/(dist/)?src/testing/', '^@underlag/kernel/testing'] },
    },
    {
      name: 'by-name',
      severity: 'error',
      comment: 'another package is imported by its name, never by a path into it',
      from: { path: '^packages/([^/]+)/(src|test)/' },
      to: { path: '^packages/[^/]+/(src|test)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'a cycle cannot be read one file at a time',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'what is imported is there, and is a dependency of the package that imports it',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      comment: 'sources do not import tests',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^packages/[^/]+/(dist/)?test/' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: ['node_modules', '/dist/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default', 'node'] },
  },
}
