/** Why there is no PDF. Nothing in `detail` comes from the invoice. */
export type RenderFailure =
  /** No Chromium on this machine; `remedy` is one sentence for whoever runs it. */
  | { readonly _tag: 'BrowserNotFound'; readonly remedy: string; readonly looked: ReadonlyArray<string> }
  /** The browser did not start, or ended during the print, and did so again when the print was repeated. */
  | { readonly _tag: 'BrowserFailed'; readonly detail: string }
  /** The print took longer than `timeoutMs`, twice. */
  | { readonly _tag: 'RenderTimedOut'; readonly timeoutMs: number }
  /** The theme that the invoice was issued with is not in the documents' store. */
  | { readonly _tag: 'ThemeMissing'; readonly sha256: string }
  /** `close()` was called before the print was done. */
  | { readonly _tag: 'RendererClosed' }
