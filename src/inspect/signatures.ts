import { Node, Project, ts, type Symbol as Named, type Type } from "ts-morph";

/** One thing that a function takes. */
export interface Taken {
  readonly name: string;
  readonly optional: boolean;
  /** The text of its default, where the signature itself has one. */
  readonly initial?: string;
  /** What an object of options may hold, in the order of its declaration. */
  readonly options?: readonly Taken[];
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
export function signaturesOf(project: Project, file: string): ReadonlyMap<string, readonly Taken[]> {
  const index = project.getSourceFileOrThrow(`/${file}`);
  const found = new Map<string, readonly Taken[]>();
  for (const symbol of index.getExportSymbols()) {
    const [signature] = symbol.getTypeAtLocation(index).getCallSignatures();
    if (signature)
      found.set(
        symbol.getName(),
        signature.getParameters().map((parameter) => taken(parameter, index)),
      );
  }
  return found;
}

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
