import type { About, AboutKind } from "../nn/about.ts";
import { code } from "./markdown.ts";
import type { Call, Taken } from "./signatures.ts";

/** A value as it is written. */
export const shown = (value: unknown): string =>
  typeof value === "string" || Array.isArray(value) ? JSON.stringify(value) : String(value);

/** Options that every function of a kind takes, which the words above its table name once. */
const common: { readonly [kind in AboutKind]?: readonly string[] } = {
  loss: ["reduction", "weights", "mask"],
  metric: ["weights", "mask"],
  optimizer: ["weightDecay", "decoupledWeightDecay", "clipValue", "clipNorm", "globalClipNorm", "ema", "accumulate", "groups"],
}; // prettier-ignore

/**
 * `dense(x, { units, activation = "linear", name? }) → Value`: what must be given first, then the rest with its defaults,
 * then the type of what comes back.
 */
export function callText(name: string, { takes, gives }: Call, about?: About): string {
  // A class is not called.
  if (/^[A-Z]/.test(name)) return "";
  const optionsText = (options: readonly Taken[]): string => {
    const known = about ? (common[about.kind] ?? []) : [];
    const initialOf = (option: Taken): string | undefined =>
      about?.defaults && Object.hasOwn(about.defaults, option.name)
        ? shown(about.defaults[option.name])
        : option.initial;
    const named = options.filter((option) => initialOf(option) !== undefined || !known.includes(option.name));
    const texts = [
      ...named.filter(({ optional }) => !optional).map((option) => option.name),
      ...named
        .filter(({ optional }) => optional)
        .map((option) => {
          const initial = initialOf(option);
          return initial === undefined ? `${option.name}?` : `${option.name} = ${initial}`;
        }),
      ...(named.length < options.length ? ["…"] : []),
    ];
    return `{ ${texts.join(", ")} }`;
  };
  const parameters = takes.map(({ name: own, optional, options }) =>
    options ? optionsText(options) : `${own}${optional && !own.startsWith("...") ? "?" : ""}`,
  );
  return code(`${name}(${parameters.join(", ")})${gives === "" ? "" : ` → ${gives}`}`);
}
