import { Node, Project, ts, type Signature, type Symbol as Named, type Type } from "ts-morph";

/** One thing that a function takes. */
export interface Taken {
  readonly name: string;
  readonly optional: boolean;
  /** The text of its default, where the signature itself has one. */
  readonly initial?: string;
  /** What an object of options may hold, in the order of its declaration. */
  readonly options?: readonly Taken[];
}

/** How a function is called. */
export interface Call {
  readonly takes: readonly Taken[];
  /** The type of what it gives, as it stands in the source; empty where that is nothing. */
  readonly gives: string;
}

/** The types of some files, whose texts are given by their paths. */
export function projectOf(sources: ReadonlyMap<string, string>): Project {
  const project = new Project({
    useInMemoryFileSystem: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      strict: true,
      noEmit: true,
    },
  });
  for (const [path, text] of sources) project.createSourceFile(`/${path}`, text);
  return project;
}

/** How each function that a file exports is called, by its name. */
export function signaturesOf(project: Project, file: string): ReadonlyMap<string, Call> {
  const index = project.getSourceFileOrThrow(`/${file}`);
  const found = new Map<string, Call>();
  for (const symbol of index.getExportSymbols()) {
    const [signature] = symbol.getTypeAtLocation(index).getCallSignatures();
    if (!signature) continue;
    const takes = signature.getParameters().map((parameter) => taken(parameter, index));
    found.set(symbol.getName(), { takes, gives: givenBy(signature, index) });
  }
  return found;
}

/** The type that a function is declared to give, or else the one that it is found to give. */
function givenBy(signature: Signature, at: Node): string {
  const declared = signature.getDeclaration();
  const node = Node.isReturnTyped(declared) ? declared.getReturnTypeNode() : undefined;
  const text = node?.getText() ?? signature.getReturnType().getText(at);
  return text === "void" ? "" : oneLine(text);
}

/** Without comments and line ends. */
export const oneLine = (text: string): string => text.replace(/\/\*\*?[^]*?\*\//g, "").replace(/\s+/g, " ").trim(); // prettier-ignore

function taken(parameter: Named, at: Node): Taken {
  const declaration = parameter.getValueDeclaration();
  if (!Node.isParameterDeclaration(declaration)) return { name: parameter.getName(), optional: false };
  const pattern = declaration.getNameNode();
  const apart = Node.isObjectBindingPattern(pattern);
  const name = apart ? "options" : `${declaration.isRestParameter() ? "..." : ""}${declaration.getName()}`;
  const own = { name, optional: declaration.isOptional() };
  if (name !== "options") return own;
  const defaults = new Map(
    apart
      ? pattern
          .getElements()
          .map((element) => [
            element.getPropertyNameNode()?.getText() ?? element.getName(),
            element.getInitializer()?.getText(),
          ])
      : [],
  );
  return { ...own, options: membersOf(parameter.getTypeAtLocation(at), defaults) };
}

function membersOf(given: Type, defaults: ReadonlyMap<string, string | undefined>): Taken[] {
  const type = given.getNonNullableType();
  return (type.getConstraint() ?? type).getProperties().map((property) => {
    const name = property.getName();
    const initial = defaults.get(name);
    return { name, optional: property.isOptional(), ...(initial === undefined ? {} : { initial }) };
  });
}
