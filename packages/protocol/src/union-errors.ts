/**
 * What is wrong with a value that fits no branch of a union. The validator reports the faults of
 * every branch; people meant one of them, and want to hear of that one.
 */

/** One fault, as the validator reports it. */
export interface RawError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** Of each union, only the faults of the branch that the value comes closest to. */
export function settleUnions(errors: readonly RawError[]): RawError[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  // Inner ones first: what is left of them counts as a fault of the branch that they stand in.
  unions.sort((a, b) => b.schemaPath.length - a.schemaPath.length);
  return unions.reduce<RawError[]>(settle, [...errors]);
}

function settle(errors: RawError[], union: RawError): RawError[] {
  const branches = new Map<string, RawError[]>();
  const rest: RawError[] = [];
  const prefix = `${union.schemaPath}/anyOf/`;
  for (const error of errors) {
    const isInside =
      error.schemaPath.startsWith(prefix) && error.instancePath.startsWith(union.instancePath);
    if (!isInside) {
      if (error !== union) rest.push(error);
      continue;
    }
    const branch = error.schemaPath.slice(prefix.length).split('/', 1)[0] ?? '';
    const known = branches.get(branch);
    if (known === undefined) branches.set(branch, [error]);
    else known.push(error);
  }
  return branches.size === 0 ? errors : [...rest, ...closest([...branches.values()], union)];
}

function closest(branches: readonly RawError[][], { instancePath }: RawError): RawError[] {
  // Another type is further away than another set of keys, and that than a fault further inside.
  const distance = ({ keyword, instancePath: at }: RawError): number => {
    if (at !== instancePath) return keyword === 'boolean' ? 1 : 0;
    return keyword === 'type' ? 100 : 1;
  };
  const wrongTypes = branches.flatMap((branch) =>
    branch.every((error) => error.keyword === 'type' && error.instancePath === instancePath)
      ? branch
      : [],
  );
  // No branch takes a value of this type at all: what each of them takes.
  if (wrongTypes.length === branches.flat().length) return wrongTypes;
  const distances = branches.map((branch) =>
    branch.reduce((sum, error) => sum + distance(error), 0),
  );
  return branches[distances.indexOf(Math.min(...distances))] ?? [];
}
