/** Options whose value is a list of names. */

/** Names with commas between them; a backslash takes a comma's meaning away. */
export function splitNames(text: string): Array<string> {
  const names = new Array<string>();
  let name = "";
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i);
    if (char == ",") {
      names.push(name);
      name = "";
      continue;
    }
    if (char == "\\" && i + 1 < text.length) char = text.charAt(++i);
    name += char;
  }
  names.push(name);
  return names;
}
