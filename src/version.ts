/** The version of the package, in every generated header and `spec`; a test holds it equal to package.json. */
export const version = "0.1.0";
