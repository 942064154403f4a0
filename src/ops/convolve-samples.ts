import type { DataMoves, FilterMoves, Moves } from "./convolve-expand.ts";
import { rows } from "./samples.ts";

// Strides, dilation, uneven padding, groups, single elements and odd extents, in one, two and three axes of space.

const moves = (rank: number, given: Partial<Moves> = {}): Moves => {
  const all = (value: number): number[] => Array.from({ length: rank }, () => value);
  return { strides: all(1), low: all(0), high: all(0), dilation: all(1), groups: 1, ...given };
};

/** The input, the kernel, how it moves, and what comes out: each is a sample of all three ops. */
const cases: readonly (readonly [x: string, kernel: string, moves: Moves, g: string])[] = [
  ["f32[n,4,1]", "f32[3,1,2]", moves(1), "f32[n,2,2]"],
  ["f32[1,1,1]", "f32[1,1,1]", moves(1), "f32[1,1,1]"],
  ["f64[2,5,2]", "f64[2,2,3]", moves(1, { strides: [2], low: [1], high: [0] }), "f64[2,3,3]"],
  ["f32[n,7,2]", "f32[3,2,1]", moves(1, { strides: [2], dilation: [2], low: [1], high: [1] }), "f32[n,3,1]"],
  ["f32[n,3,4,2]", "f32[2,3,2,2]", moves(2), "f32[n,2,2,2]"],
  ["f32[n,3,3,1]", "f32[3,3,1,2]", moves(2, { low: [1, 1], high: [1, 1] }), "f32[n,3,3,2]"],
  ["f64[1,4,5,2]", "f64[3,2,2,1]", moves(2, { strides: [2, 3], low: [1, 0], high: [0, 2] }), "f64[1,2,2,1]"],
  ["f32[n,4,3,4]", "f32[2,2,2,4]", moves(2, { groups: 2, low: [0, 1], high: [0, 0] }), "f32[n,3,3,4]"],
  ["f32[n,3,3,3]", "f32[2,2,1,6]", moves(2, { groups: 3, strides: [2, 1] }), "f32[n,1,2,6]"],
  ["f64[2,5,4,1]", "f64[2,2,1,1]", moves(2, { dilation: [3, 2], low: [3, 0], high: [1, 0] }), "f64[2,6,2,1]"],
  ["f32[1,2,2,1]", "f32[1,1,1,1]", moves(2, { strides: [3, 3], low: [2, 2], high: [2, 2] }), "f32[1,2,2,1]"],
  ["f32[n,2,3,2,1]", "f32[2,2,1,1,2]", moves(3, { strides: [1, 2, 1], high: [0, 1, 0] }), "f32[n,1,2,2,2]"],
]; // prettier-ignore

export const convolutionSamples = rows<Moves>(...cases.map(([x, kernel, how]) => [x, kernel, how] as const));
const numbers = (text: string): number[] =>
  text
    .slice(text.indexOf("[") + 1, -1)
    .split(",")
    .map(Number);
export const dataSamples = rows<DataMoves>(
  ...cases.map(([x, kernel, how, g]) => [g, kernel, { ...how, space: numbers(x).slice(1, -1) }] as const),
);
export const filterSamples = rows<FilterMoves>(
  ...cases.map(([x, kernel, how, g]) => [x, g, { ...how, window: numbers(kernel).slice(0, -2) }] as const),
);
