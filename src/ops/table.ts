import { invariant } from "../base/errors.ts";
import { builder, type Builder } from "../ir/builder.ts";
import { roomOf, type OpRoom, type OpTable } from "../ir/op.ts";
import * as affine from "./affine.ts";
import * as contract from "./contract.ts";
import * as control from "./control.ts";
import * as convolve from "./convolve.ts";
import * as dotGeneral from "./dot-general.ts";
import * as elementwise from "./elementwise.ts";
import * as fused from "./fused.ts";
import * as gather from "./gather.ts";
import * as leaves from "./leaves.ts";
import * as linalg from "./linalg.ts";
import * as marks from "./marks.ts";
import * as movement from "./movement.ts";
import * as order from "./order.ts";
import * as pool from "./pool.ts";
import * as normalize from "./normalize.ts";
import * as random from "./random.ts";
import * as reduce from "./reduce.ts";
import * as special from "./special.ts";
import * as windows from "./windows.ts";

/** Everything that a family exports and that has a room is an op. */
const families: readonly object[] = [
  leaves,
  elementwise,
  special,
  movement,
  reduce,
  contract,
  dotGeneral,
  affine,
  windows,
  convolve,
  pool,
  gather,
  random,
  fused,
  normalize,
  order,
  linalg,
  marks,
  control,
];

function collect(): OpTable {
  const rooms = new Map<string, OpRoom>(leaves.leafRooms);
  for (const exported of families.flatMap((family): unknown[] => Object.values(family))) {
    if (typeof exported !== "function" || !("room" in exported)) continue;
    const room = exported.room as OpRoom;
    invariant((rooms.get(room.name) ?? room) === room, `two ops are called ${room.name}`);
    rooms.set(room.name, room);
  }
  return rooms;
}

/** All ops by name. */
export const ops: OpTable = collect();

/** The table with the ops that the user declared for a build. */
export const opsOf = ({ rooms }: Builder): OpTable =>
  rooms.size === 0 ? ops : new Map([...ops, ...([...rooms] as [string, OpRoom][])]);

/** The room of an op in the build in progress. */
export const roomHere = (name: string): OpRoom =>
  (builder().rooms.get(name) as OpRoom | undefined) ?? roomOf(ops, name);
