/** Unions told apart by their `type`: only the branch that the value means has something to say. */
interface RawError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** One branch of a union that the `type` of the value at `place` is not. */
interface Foreign {
  readonly union: string;
  readonly branch: string;
  readonly place: string;
  readonly type: string;
}

const TYPE_OF_BRANCH = /^(.*)\/anyOf\/(\d+)\/properties\/type$/;

/** Without the errors of branches of another type; where no branch fits, the types there are. */
export function errorsOfMeantBranch<E extends RawError>(errors: readonly E[]): RawError[] {
  const foreign = errors.flatMap(foreignBranch);
  if (foreign.length === 0) return [...errors];
  const kept = errors.filter((error) => !foreign.some((one) => isOf(one, error)));
  const unions = new Map(foreign.map((one) => [`${one.union} ${one.place}`, one]));
  return [...unions.values()].reduce<RawError[]>((rest, one) => {
    // The union's own error follows from those of the branch that is meant.
    const others = rest.filter(
      ({ schemaPath, instancePath }) => schemaPath !== one.union || instancePath !== one.place,
    );
    const isMeant = others.some(({ schemaPath, instancePath }) => {
      return schemaPath.startsWith(`${one.union}/anyOf/`) && isInside(instancePath, one.place);
    });
    return isMeant ? others : [...others, unknownType(one, foreign)];
  }, kept);
}

function foreignBranch({ keyword, schemaPath, instancePath, params }: RawError): Foreign[] {
  const [, union, number] = TYPE_OF_BRANCH.exec(schemaPath) ?? [];
  if (keyword !== 'const' || union === undefined || number === undefined) return [];
  const type = String((params as { allowedValue?: unknown }).allowedValue);
  const place = instancePath.replace(/\/type$/, '');
  return [{ union, branch: `${union}/anyOf/${number}`, place, type }];
}

function isOf({ branch, place }: Foreign, { schemaPath, instancePath }: RawError): boolean {
  const isBranch = schemaPath === branch || schemaPath.startsWith(`${branch}/`);
  return isBranch && isInside(instancePath, place);
}

function isInside(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function unknownType({ union, place }: Foreign, foreign: readonly Foreign[]): RawError {
  const allowedValues = foreign
    .filter((one) => one.union === union && one.place === place)
    .map(({ type }) => type);
  return {
    keyword: 'enum',
    schemaPath: union,
    instancePath: `${place}/type`,
    params: { allowedValues },
    message: '',
  };
}
