export interface TrainFlags {
  readonly data?: string;
  readonly label?: string;
  readonly missing?: readonly string[];
  readonly dropDuplicates?: boolean;
  readonly dropBroken?: boolean;
  readonly epochs?: number;
  readonly seed: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly validation: number;
  readonly test: number;
  readonly split?: "stratified" | "chronological" | "random";
  readonly patience: number;
  /** Whether the validation rows train too once they have told the number of epochs. */
  readonly refit: boolean;
  readonly target: "auto" | "js" | "wasm";
  /** Leaves relaxed SIMD out of wasm, which `auto` does of itself. */
  readonly strict?: boolean;
  readonly precision?: "f32" | "f64";
  readonly outDir: string;
  readonly log?: string;
  readonly weights?: string;
  readonly json?: boolean;
  readonly demo?: boolean;
  readonly debug?: boolean;
}
