/** Operators and choices: the `op` of nodes (tree.ts). */

// N_UNARY
export const OP_NEGATE: u8 = 1;
export const OP_PLUS: u8 = 2;
export const OP_NOT: u8 = 3;
export const OP_BIT_NOT: u8 = 4;

// N_LOGIC
export const OP_AND: u8 = 5;
export const OP_OR: u8 = 6;

// N_BINARY: comparisons, in pairs of which one turns the other round (`op ^ 1` … see `turned`)
export const OP_EQ: u8 = 10;
export const OP_NE: u8 = 11;
export const OP_LT: u8 = 12;
export const OP_LE: u8 = 13;
export const OP_GT: u8 = 14;
export const OP_GE: u8 = 15;
/** IS NOT DISTINCT FROM, also IS; and IS DISTINCT FROM, IS NOT. */
export const OP_IS: u8 = 16;
export const OP_IS_NOT: u8 = 17;

// N_BINARY: values
export const OP_ADD: u8 = 20;
export const OP_SUBTRACT: u8 = 21;
export const OP_MULTIPLY: u8 = 22;
export const OP_DIVIDE: u8 = 23;
export const OP_REMAINDER: u8 = 24;
export const OP_CONCAT: u8 = 25;
export const OP_BIT_AND: u8 = 26;
export const OP_BIT_OR: u8 = 27;
export const OP_SHIFT_LEFT: u8 = 28;
export const OP_SHIFT_RIGHT: u8 = 29;
/** -> and ->>. */
export const OP_JSON: u8 = 30;
export const OP_JSON_TEXT: u8 = 31;

// N_LIKE
export const OP_LIKE: u8 = 40;
export const OP_ILIKE: u8 = 41;
export const OP_GLOB: u8 = 42;

// N_COMPOUND
export const OP_UNION: u8 = 50;
export const OP_UNION_ALL: u8 = 51;
export const OP_INTERSECT: u8 = 52;
export const OP_EXCEPT: u8 = 53;

// N_JOIN
export const OP_INNER: u8 = 60;
export const OP_LEFT: u8 = 61;
export const OP_RIGHT: u8 = 62;
export const OP_FULL: u8 = 63;
export const OP_CROSS: u8 = 64;

/** The comparison with its sides turned round. */
export function turned(op: u8): u8 {
  switch (op) {
    case OP_LT:
      return OP_GT;
    case OP_LE:
      return OP_GE;
    case OP_GT:
      return OP_LT;
    case OP_GE:
      return OP_LE;
    default:
      return op;
  }
}

/** An operator as it is written. */
export function operatorText(op: u8): string {
  switch (op) {
    case OP_NEGATE:
    case OP_SUBTRACT:
      return "-";
    case OP_PLUS:
    case OP_ADD:
      return "+";
    case OP_NOT:
      return "NOT";
    case OP_BIT_NOT:
      return "~";
    case OP_AND:
      return "AND";
    case OP_OR:
      return "OR";
    case OP_EQ:
      return "=";
    case OP_NE:
      return "<>";
    case OP_LT:
      return "<";
    case OP_LE:
      return "<=";
    case OP_GT:
      return ">";
    case OP_GE:
      return ">=";
    case OP_IS:
      return "IS NOT DISTINCT FROM";
    case OP_IS_NOT:
      return "IS DISTINCT FROM";
    case OP_MULTIPLY:
      return "*";
    case OP_DIVIDE:
      return "/";
    case OP_REMAINDER:
      return "%";
    case OP_CONCAT:
      return "||";
    case OP_BIT_AND:
      return "&";
    case OP_BIT_OR:
      return "|";
    case OP_SHIFT_LEFT:
      return "<<";
    case OP_SHIFT_RIGHT:
      return ">>";
    case OP_JSON:
      return "->";
    case OP_JSON_TEXT:
      return "->>";
    case OP_LIKE:
      return "LIKE";
    case OP_ILIKE:
      return "ILIKE";
    case OP_GLOB:
      return "GLOB";
    case OP_UNION:
      return "UNION";
    case OP_UNION_ALL:
      return "UNION ALL";
    case OP_INTERSECT:
      return "INTERSECT";
    case OP_EXCEPT:
      return "EXCEPT";
    default:
      return "?";
  }
}
