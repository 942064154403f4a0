/** Where an error happened: a layer path, a source line, a file and line, in the reader's own terms. */
export interface Place {
  readonly layer?: string;
  readonly source?: string;
}

export interface ErrorDetails {
  readonly place?: Place | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** An error that a user caused and can mend. `code` is stable and may be matched by programs. */
export class GradcError extends Error {
  readonly code: string;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: string, sentence: string, details: ErrorDetails = {}) {
    super(describe(sentence, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "GradcError";
    this.code = code;
    this.place = details.place;
    this.hint = details.hint;
  }
}

/** The sentence, then where, then what to do: the order in which a reader asks. */
function describe(sentence: string, { place, hint }: ErrorDetails): string {
  const where = [place?.layer && `layer ${place.layer}`, place?.source].filter(Boolean).join(", ");
  return sentence + (where ? `\n  at ${where}` : "") + (hint ? `\n  hint: ${hint}` : "");
}

/** Stops with an error that names the thing, says what was expected and found, and what to do. */
export function fail(code: string, sentence: string, details?: ErrorDetails): never {
  throw new GradcError(code, sentence, details);
}

/** A broken invariant is a fault of gradc itself, never of the user; it keeps its stack. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`gradc internal error: ${sentence}`);
}
