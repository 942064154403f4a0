/**
 * Every code that an error of a user can have, and what it means. Programs match codes, so a code keeps its name and
 * its meaning; what differs between two errors of one code stands in the sentence.
 */
export const codes = {
  // Declaring a model.
  axis: "An axis that the value does not have, that is named twice, or along which the op cannot work.",
  build: "The build function of a model threw an error of its own.",
  dtype: "An element type that does not fit there.",
  duplicate: "A name that is taken.",
  frozen: "A pattern of `frozen` that matches no parameter.",
  gradient: "A derivative that does not exist, or a cotangent that is not of its value's type.",
  groups: "A group of an optimizer that names no parameters of its own or changes nothing.",
  index: "A constant index that lies outside its axis.",
  model: "A declaration that is no model, or whose parts do not fit together.",
  name: "A name that is empty or no text.",
  "no-build": "A value, parameter or layer that is made outside a build function.",
  op: "An op declared with `defineOp` that is incomplete, fails, or reads what is not there.",
  optimizer: "An optimizer of one's own that does not give what it declares.",
  option: "An option, setting or argument that does not exist, or that cannot have this value.",
  shape: "A shape, or a length, that does not fit there.",
  shared: "A shared function that declares other things in a later call than in its first.",
  table: "Columns that make no table, or a table that is used as a model cannot use it.",
  "too-large": "A tensor or a program that is larger than can be addressed.",
  value:
    "Something else than the value that is needed: no graph value, no number, or none of those possible.",

  // Reading tables and weights.
  "bad-csv": "A file that is no table of comma-separated values.",
  "bad-idx": "A file that is no IDX file.",
  "bad-inputs": "Inputs of a model that the columns of a table cannot fill.",
  "bad-safetensors": "A file, or tensors, that are no safetensors.",
  "bad-split": "A way of splitting that does not exist or leaves a part empty.",
  "bad-weights": "Weights of another model.",
  "empty-table": "A table of which cleaning leaves no row.",
  "has-table": "Columns given to a model that declares a table.",
  "label-mismatch": "A label column other than the one that the model's table predicts.",
  "no-label": "A model with labels, and no column to take them from.",
  "no-table": "A model that declares no table where one is needed.",
  "one-class": "A label column in which all rows are of one class.",
  "unknown-column": "A column that the table does not have.",

  // Training.
  "batch-size": "A batch of more rows than there are or than were declared, or of none.",
  "no-batches": "Data that holds no batch.",
  "no-learning-rate": "An optimizer without the learning rate that is to be set.",
  "no-loss": "A model without a loss where one is needed.",
  "no-optimizer": "A model without an optimizer where one is needed.",
  "non-finite-loss": "A loss that is infinite or no number.",
  "several-steps": "A model with steps of its own where one loss is needed.",
  "unknown-metric": "A metric that the model does not have.",

  // Files.
  "disk-full": "A file that could not be written because the disk is full.",
  "file-error": "A file that the system refuses for a rare reason, which is named.",
  "missing-file": "A file that does not exist.",
  "no-permission": "A file that may not be read or written.",
  "not-a-directory": "A path that leads through a file.",
  "not-a-file": "A directory or a device where a file is expected.",

  // The command line and model files.
  "model-exits": "A model file that ends the process or never finishes.",
  "model-export": "A model file that exports no model, or several.",
  "model-import": "A model file that imports what is not found.",
  "model-syntax": "A model file that does not parse.",
  "model-throws": "A model file that throws while it is loaded.",
  "no-model": "A command without a model file.",
  "same-file": "Two outputs, or an input and an output, that would be one file.",
  "unknown-command": "A command that does not exist.",
  "unknown-import": "A name that gradc does not export.",
  usage: "A command line that cannot be carried out as typed.",
} as const satisfies Readonly<Record<string, string>>;

export type Code = keyof typeof codes;

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
  readonly code: Code;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: Code, sentence: string, details: ErrorDetails = {}) {
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
export function fail(code: Code, sentence: string, details?: ErrorDetails): never {
  throw new GradcError(code, sentence, details);
}

/** Stops reading the text of a stage: gradc writes and reads these itself, so it is no error of a user. */
export function unreadable(sentence: string, details: ErrorDetails = {}): never {
  throw new SyntaxError(describe(sentence, details));
}

/** Stops at a fault of gradc itself, never of the user; it keeps its stack. */
export function fault(sentence: string): never {
  throw new Error(`gradc internal error: ${sentence}`);
}

/** What always holds; where it is broken, gradc itself is at fault. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) fault(sentence);
}
