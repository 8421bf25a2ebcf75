/**
 * Where what goes: the result to stdout, everything else to stderr. With `--json` stdout gets exactly one JSON document.
 */
export interface Output {
  /** Whether the result is wanted as JSON. */
  readonly json: boolean;
  /** A line on the way to the result. */
  note(line: string): void;
  /** The result, once: `document` as JSON, or `text`. */
  result(document: unknown, text: string): void;
}

export function terminalOutput(options: { readonly json?: boolean; readonly quiet?: boolean }): Output {
  const json = options.json === true;
  return {
    json,
    note(line) {
      if (options.quiet !== true) process.stderr.write(`${line}\n`);
    },
    result(document, text) {
      process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : `${text}\n`);
    },
  };
}

/** Sends what libraries print on stdout to stderr, where it cannot spoil a JSON document. */
export function keepStdoutClean(): void {
  console.log = console.error;
  console.info = console.error;
  console.debug = console.error;
}
