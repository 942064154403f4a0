export interface Settings {
  readonly target: "js" | "ts";
  readonly precision?: "f32" | "f64";
  readonly outDir?: string;
  readonly stages: boolean;
  readonly debug: boolean;
}
