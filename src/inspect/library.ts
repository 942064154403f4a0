import { Node, type Project, type SourceFile, type Symbol as Named, type TypeNode } from "ts-morph";
import { wordsOf } from "./markdown.ts";
import { oneLine, signaturesOf, type Call } from "./signatures.ts";

/** A member of an interface, its type as it stands in the source. */
export interface Member {
  readonly name: string;
  readonly type: string;
  readonly words: string;
}

/** Something that a file exports. */
export interface Exported {
  readonly name: string;
  /** Everything that stands above it in the source. */
  readonly words: string;
  /** How it is called, if it is a function. */
  readonly call: Call | undefined;
  /** What a type is made of: the text of an alias, or the interfaces that one extends. */
  readonly type: string;
  readonly members: readonly Member[];
}

/** What a file exports, in the order of the names. */
export function exportsOf(project: Project, file: string): Exported[] {
  const index = project.getSourceFileOrThrow(`/${file}`);
  const signatures = signaturesOf(project, file);
  return index
    .getExportSymbols()
    .map((symbol) => exported(symbol, signatures.get(symbol.getName())))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function exported(symbol: Named, call: Call | undefined): Exported {
  const [node] = (symbol.getAliasedSymbol() ?? symbol).getDeclarations();
  const own = { name: symbol.getName(), words: wordsAbove(node), call, type: "", members: [] };
  if (Node.isTypeAliasDeclaration(node)) return { ...own, type: textOf(node.getTypeNode()) };
  if (!Node.isInterfaceDeclaration(node)) return own;
  const type = node.getExtends().map((base) => base.getText()).join(", "); // prettier-ignore
  return { ...own, type, members: node.getMembers().flatMap(memberOf) };
}

function memberOf(member: Node): Member[] {
  if (Node.isPropertySignature(member)) {
    return [{ name: nameOf(member), type: textOf(member.getTypeNode()), words: wordsAbove(member) }];
  }
  if (!Node.isMethodSignature(member)) return [];
  const parameters = member.getParameters().map((parameter) => parameter.getText());
  const type = oneLine(`(${parameters.join(", ")}) => ${member.getReturnTypeNode()?.getText()}`);
  return [{ name: nameOf(member), type, words: wordsAbove(member) }];
}

const nameOf = (member: { getName(): string; hasQuestionToken(): boolean }): string =>
  `${member.getName()}${member.hasQuestionToken() ? "?" : ""}`;

/** A type as it is written; that of a list of names is spelt out, in the list's order. */
function textOf(node: TypeNode | undefined): string {
  const text = oneLine(node?.getText() ?? "");
  const [, list] = /^\(typeof (\w+)\)\[number\]$/.exec(text) ?? [];
  return list === undefined ? text : (elementsOf(node!.getSourceFile(), list)?.join(" | ") ?? text);
}

/** The elements of a constant list as they are written; those of a list that it spreads stand in its place. */
function elementsOf(file: SourceFile, list: string): string[] | undefined {
  const names = file.getVariableDeclaration(list)?.getInitializer();
  const written = Node.isAsExpression(names) ? names.getExpression() : undefined;
  if (!Node.isArrayLiteralExpression(written)) return undefined;
  return written.getElements().flatMap((element) => {
    const spread = Node.isSpreadElement(element) && elementsOf(file, element.getExpression().getText());
    return spread || [element.getText()];
  });
}

/** The words above a declaration; those of a constant stand above its statement. */
function wordsAbove(node: Node): string {
  const statement = Node.isVariableDeclaration(node) ? node.getVariableStatement() : node;
  return Node.isJSDocable(statement) ? wordsOf(statement.getJsDocs().at(-1)?.getInnerText() ?? "") : "";
}
