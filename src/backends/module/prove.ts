import { parse, type AnyNode, type Identifier, type Program, type Statement } from "acorn";
import { ancestor, fullAncestor } from "acorn-walk";

/** What a module may name beside its own definitions. */
const globals = new Set(
  "Float32Array Float64Array Int32Array Uint32Array Uint8Array ArrayBuffer WebAssembly Math RangeError NaN Infinity Object String Number undefined".split(
    " ",
  ),
);
/** Functions that run once for an instance or a module, and so may make its objects. */
const makers = new Set([
  "create",
  "createPredictor",
  "checkState",
  "powersOfTwo",
  "numbers",
  "instantiate",
  "bytesOf",
]);
/** Functions that look for a fault where a row leaves something out, and may make what they look with. */
const searchers = new Set(["checkColumns"]);
/** What a maker may make of WebAssembly. */
const machines = new Set(["Module", "Instance"]);
/** Calls on views that copy into what is there. */
const copying = new Set(["set", "fill"]);

/** V8 gives up optimising a function beyond a bytecode size that these stay well below. */
const mostBytes = 12_000;
const mostStatements = 400;

/** Kinds of syntax that allocate, or that hide what runs; each with the word for it in a sentence. */
const refused: Readonly<Record<string, string>> = {
  NewExpression: "makes an object with new",
  ArrayExpression: "makes an array",
  ObjectExpression: "makes an object",
  TemplateLiteral: "makes a string from a template",
  TaggedTemplateExpression: "calls a tagged template",
  FunctionExpression: "makes a function",
  FunctionDeclaration: "makes a function",
  ArrowFunctionExpression: "makes an arrow function",
  ClassExpression: "makes a class",
  ClassDeclaration: "makes a class",
  SpreadElement: "spreads a list",
  RestElement: "collects a list",
  ArrayPattern: "takes an array apart",
  ObjectPattern: "takes an object apart",
  ForOfStatement: "makes an iterator",
  ForInStatement: "makes an iterator",
};
/** Never of use in an emitted module, wherever it stands. */
const banned: Readonly<Record<string, string>> = {
  ImportDeclaration: "imports",
  ImportExpression: "imports",
  MetaProperty: "asks for what only its loader knows",
  AwaitExpression: "waits",
  YieldExpression: "yields",
  TryStatement: "catches errors",
  DebuggerStatement: "stops the debugger",
};

type Fn = AnyNode & {
  readonly params: readonly AnyNode[];
  readonly body: AnyNode;
  readonly async: boolean;
  readonly generator: boolean;
};
const isFunction = (node: AnyNode): node is AnyNode & Fn =>
  node.type === "FunctionDeclaration" ||
  node.type === "FunctionExpression" ||
  node.type === "ArrowFunctionExpression";

/**
 * Reads an emitted JavaScript module and says, a sentence each, what in it could allocate after an instance is
 * made, run on import, or reach beyond the module. An empty list is the proof that nothing does.
 */
export function proveModule(text: string): string[] {
  let tree: Program;
  try {
    tree = parse(text, { ecmaVersion: 2022, sourceType: "module", locations: true });
  } catch (error) {
    return [`the module does not parse: ${(error as Error).message}`];
  }
  const own = new Set(tree.body.flatMap(definedBy));
  const findings = tree.body.flatMap((statement) => topLevel(statement, own));
  fullAncestor(tree, (node, _state, ancestors) => {
    const sentence = findingAt(node as AnyNode, ancestors as AnyNode[], text, own);
    if (sentence) findings.push(at(node as AnyNode, sentence));
  });
  findings.push(...freeNames(tree, own));
  return [...new Set(findings)];
}

const at = (node: AnyNode, sentence: string): string => `line ${node.loc?.start.line ?? 0} ${sentence}`;

const declarationOf = (statement: AnyNode): AnyNode =>
  statement.type === "ExportNamedDeclaration" && statement.declaration ? statement.declaration : statement;

function definedBy(statement: AnyNode): string[] {
  const declaration = declarationOf(statement);
  if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration")
    return declaration.id ? [declaration.id.name] : [];
  if (declaration.type !== "VariableDeclaration") return [];
  return declaration.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
}

/** The top level may only define: functions, classes, and constants of plain data. */
function topLevel(statement: AnyNode, own: ReadonlySet<string>): string[] {
  const declaration = declarationOf(statement);
  if (declaration.type === "FunctionDeclaration") return [];
  if (declaration.type === "ClassDeclaration") {
    const base = declaration.superClass;
    if (base && !(base.type === "Identifier" && own.has(base.name)))
      return [at(base, "extends a class that is not the module's own")];
    return declaration.body.body.flatMap((member) =>
      member.type === "MethodDefinition" && !member.computed
        ? []
        : [at(member, "runs code while the class is defined")],
    );
  }
  if (declaration.type === "VariableDeclaration" && declaration.kind === "const") {
    return declaration.declarations.flatMap((one) =>
      one.init && !isPlain(one.init) ? [at(one, "runs code on import")] : [],
    );
  }
  // What is to be made once, by whoever needs it first.
  if (declaration.type === "VariableDeclaration" && declaration.declarations.every(({ init }) => !init))
    return [];
  return [at(statement, "runs code on import")];
}

/** Literals, and arrays and objects of them. A computed key must be a literal too. */
function isPlain(node: AnyNode): boolean {
  if (node.type === "Literal") return !("regex" in node && node.regex);
  if (node.type === "UnaryExpression") return node.operator === "-" && isPlain(node.argument);
  if (node.type === "ArrayExpression")
    return node.elements.every((item) => item !== null && item.type !== "SpreadElement" && isPlain(item));
  if (node.type !== "ObjectExpression") return false;
  return node.properties.every(
    (item) =>
      item.type === "Property" &&
      item.kind === "init" &&
      isPlain(item.value) &&
      (!item.computed || isPlain(item.key)),
  );
}

/** What is wrong with one node, given the nodes around it (outermost first, itself last). */
function findingAt(
  node: AnyNode,
  ancestors: readonly AnyNode[],
  text: string,
  own: ReadonlySet<string>,
): string | undefined {
  if (node.type in banned) return banned[node.type];
  if (isFunction(node)) {
    const problem = functionProblem(node, text);
    if (problem) return problem;
  }
  const around = ancestors.slice(0, -1);
  const inner = around.findLastIndex(isFunction);
  if (inner < 0) return undefined;
  const outermost = around.find(isFunction)!;
  const once = inner === around.indexOf(outermost) && makesOnce(around, inner);
  if (node.type === "CallExpression" && !inThrow(around, inner)) return callProblem(node, once, around, own);
  if (node.type === "AssignmentExpression" || node.type === "UpdateExpression") {
    const root = rootOf(node.type === "UpdateExpression" ? node.argument : node.left);
    if (root && globals.has(root)) return `writes to the global ${root}`;
  }
  if (once) {
    if (node.type !== "NewExpression") return undefined;
    return isKnownClass(node.callee, own)
      ? undefined
      : "makes an object of a class that is not the module's own";
  }
  if (inThrow(around, inner) || isThrown(node, around)) return undefined;
  if (node.type in refused && !isOwnMethod(node, around)) return refused[node.type];
  if (node.type === "Literal" && ("regex" in node || "bigint" in node))
    return "makes an object from a literal";
  if (node.type === "BinaryExpression" && node.operator === "+" && [node.left, node.right].some(isText))
    return "joins strings";
  return undefined;
}

/** A class of the module, an array, an error, or what runs WebAssembly. */
function isKnownClass(callee: AnyNode, own: ReadonlySet<string>): boolean {
  if (callee.type === "Identifier")
    return own.has(callee.name) || /^(\w+Array|ArrayBuffer|RangeError)$/.test(callee.name);
  return (
    callee.type === "MemberExpression" &&
    !callee.computed &&
    callee.object.type === "Identifier" &&
    callee.object.name === "WebAssembly" &&
    callee.property.type === "Identifier" &&
    machines.has(callee.property.name)
  );
}

const isText = (node: AnyNode): boolean => node.type === "Literal" && typeof node.value === "string";

function functionProblem(node: Fn, text: string): string | undefined {
  if (node.async || node.generator) return "defines a function that makes objects when called";
  // Names of any length are not code.
  let bytes = new TextEncoder().encode(text.slice(node.start, node.end)).length;
  fullAncestor(node as never, (inner) => {
    const one = inner as AnyNode;
    if (one.type === "Literal") bytes -= one.end - one.start;
    else if (one.type === "Property" && !one.computed) bytes -= one.key.end - one.key.start;
    else if (one.type === "MemberExpression" && !one.computed) bytes -= one.property.end - one.property.start;
  });
  if (bytes > mostBytes) return `defines a function of ${bytes} bytes, more than ${mostBytes}`;
  let statements = 0;
  fullAncestor(node as never, (inner) => {
    if (/Statement$|^VariableDeclaration$/.test(inner.type) && inner.type !== "BlockStatement") statements++;
  });
  return statements > mostStatements
    ? `defines a function of ${statements} statements, more than ${mostStatements}`
    : undefined;
}

/** True for constructors and for the named functions that make an instance, or look for a fault. */
function makesOnce(around: readonly AnyNode[], inner: number): boolean {
  const fn = around[inner];
  const parent = around[inner - 1];
  if (fn.type === "FunctionDeclaration")
    return fn.id !== null && (makers.has(fn.id.name) || searchers.has(fn.id.name)) && inner <= 2;
  return parent?.type === "MethodDefinition" && parent.kind === "constructor";
}

/** Inside `throw new RangeError(…)` of the same function anything that makes a message may stand. */
const inThrow = (around: readonly AnyNode[], inner: number): boolean =>
  around.slice(inner).some((node, k, list) => isThrown(node, list.slice(0, k)));
const isThrown = (node: AnyNode, around: readonly AnyNode[]): boolean =>
  node.type === "NewExpression" &&
  around.at(-1)?.type === "ThrowStatement" &&
  node.callee.type === "Identifier" &&
  node.callee.name === "RangeError";

/** The function of an accessor or method that stands in a class or an object made once is no allocation of its own. */
const isOwnMethod = (node: AnyNode, around: readonly AnyNode[]): boolean =>
  node.type === "FunctionExpression" && around.at(-1)?.type === "MethodDefinition";

function callProblem(
  node: AnyNode & { readonly type: "CallExpression" },
  once: boolean,
  around: readonly AnyNode[],
  own: ReadonlySet<string>,
): string | undefined {
  const { callee } = node;
  if (callee.type === "Super") return once ? undefined : "calls super outside a constructor";
  if (callee.type === "Identifier")
    return own.has(callee.name) && !(makers.has(callee.name) && !once)
      ? undefined
      : `calls ${callee.name}, which is no function of the module`;
  if (callee.type !== "MemberExpression" || callee.computed || callee.property.type !== "Identifier")
    return "calls something that is not a plain name";
  const { object, property } = callee;
  if (object.type === "Identifier" && object.name === "Math") return undefined;
  if (object.type === "Identifier" && object.name === "Number" && /^is(Finite|Integer)$/.test(property.name))
    return undefined;
  if (object.type === "ThisExpression") {
    return methodsAround(around).has(property.name)
      ? undefined
      : `calls this.${property.name}, which is no method of its class`;
  }
  if (once || (copying.has(property.name) && isOwned(object, around))) return undefined;
  // The exports of an instance, whose module imports nothing and whose memory never grows.
  if (isOwned(object, around) && memberName(object) === "$wasm") return undefined;
  return `calls the method ${property.name}`;
}

const memberName = (node: AnyNode): string | undefined =>
  node.type === "MemberExpression" && node.property.type === "Identifier" ? node.property.name : undefined;

/** A property of `this`, or of a constant that is `this.$net`: the network whose step the method is of. */
function isOwned(object: AnyNode, around: readonly AnyNode[]): boolean {
  if (object.type !== "MemberExpression" || object.computed) return false;
  const holder = object.object;
  if (holder.type === "ThisExpression") return true;
  const fn = around.findLast(isFunction);
  return holder.type === "Identifier" && fn !== undefined && networksIn(fn).has(holder.name);
}

/** The constants of a function that are `this.$net`. */
function networksIn(fn: AnyNode): Set<string> {
  const names = new Set<string>();
  fullAncestor(fn as never, (node, _state, around) => {
    const declarator = node as AnyNode;
    const list = (around as AnyNode[]).at(-2);
    if (declarator.type !== "VariableDeclarator" || list?.type !== "VariableDeclaration") return;
    const { id, init } = declarator;
    const isNet =
      init?.type === "MemberExpression" &&
      !init.computed &&
      init.object.type === "ThisExpression" &&
      init.property.type === "Identifier" &&
      init.property.name === "$net";
    if (list.kind === "const" && id.type === "Identifier" && isNet) names.add(id.name);
  });
  return names;
}

/** The methods that `this` may have: those of the classes of the module. */
function methodsAround(around: readonly AnyNode[]): Set<string> {
  const [program] = around;
  const names = new Set<string>();
  if (program.type !== "Program") return names;
  for (const statement of program.body) {
    const declaration = declarationOf(statement as Statement);
    if (declaration.type !== "ClassDeclaration") continue;
    for (const member of declaration.body.body) {
      if (member.type === "MethodDefinition" && member.key.type === "Identifier") names.add(member.key.name);
    }
  }
  return names;
}

function rootOf(target: AnyNode): string | undefined {
  let node = target;
  while (node.type === "MemberExpression") node = node.object;
  return node.type === "Identifier" ? node.name : undefined;
}

/** Names that neither the module nor the function around them defines, and that are not among the known ones. */
function freeNames(tree: Program, own: ReadonlySet<string>): string[] {
  const findings: string[] = [];
  const see = (node: AnyNode, ancestors: readonly AnyNode[]): void => {
    const { name } = node as Identifier;
    if (own.has(name) || globals.has(name)) return;
    if (ancestors.some((around) => isFunction(around) && localsOf(around).has(name))) return;
    findings.push(at(node, `uses the free name ${name}`));
  };
  ancestor(tree, {
    Identifier: (node, _state, ancestors) => see(node as AnyNode, ancestors as AnyNode[]),
    VariablePattern: (node: unknown, _state: unknown, ancestors: unknown) =>
      see(node as AnyNode, ancestors as AnyNode[]),
  } as Parameters<typeof ancestor>[1]);
  return findings;
}

const known = new WeakMap<object, Set<string>>();
function localsOf(fn: AnyNode & Fn): Set<string> {
  const found = known.get(fn);
  if (found) return found;
  const names = new Set<string>();
  const bind = (pattern: AnyNode): void => {
    if (pattern.type === "Identifier") names.add(pattern.name);
    else if (pattern.type === "AssignmentPattern") bind(pattern.left);
    else if (pattern.type === "ObjectPattern")
      for (const part of pattern.properties) bind(part.type === "Property" ? part.value : part.argument);
  };
  for (const param of fn.params) bind(param);
  fullAncestor(fn as never, (node) => {
    if (node.type === "VariableDeclarator") bind((node as AnyNode & { readonly id: AnyNode }).id);
  });
  known.set(fn, names);
  return names;
}
