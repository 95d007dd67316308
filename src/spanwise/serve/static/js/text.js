// Offsets count characters as Python does; JavaScript counts a character beyond U+FFFF twice.

/** A text that is sliced by characters. `start` is the offset of its first character in the whole text. */
export class Characters {
  constructor(text, start = 0) {
    this.text = text;
    this.start = start;
    this.points = /[\ud800-\udbff][\udc00-\udfff]/.test(text) ? Array.from(text) : null;
    this.end = start + (this.points ?? text).length;
  }

  slice(from, to) {
    const [a, b] = [Math.max(0, from - this.start), Math.max(0, to - this.start)];
    return this.points ? this.points.slice(a, b).join("") : this.text.slice(a, b);
  }
}

/** Cut a range into pieces at the borders of marks: [{text, kinds}], kinds being those of the marks that cover it. */
export function pieces(characters, from, to, marks) {
  const inside = (offset) => Math.min(to, Math.max(from, offset));
  const borders = new Set([from, to]);
  for (const mark of marks) borders.add(inside(mark.start)).add(inside(mark.end));
  const sorted = [...borders].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((begin, at) => ({
    text: characters.slice(begin, sorted[at + 1]),
    start: begin,
    kinds: marks.filter((mark) => mark.start <= begin && mark.end > begin).map((mark) => mark.kind),
  }));
}

/** Where an answer's words stand now, if the document has changed since: nearest to where they stood, or null. */
export function findAgain(characters, words, start) {
  if (characters.slice(start, start + Array.from(words).length) === words) return start;
  const whole = characters.text;
  let best = null;
  for (let at = whole.indexOf(words); at >= 0; at = whole.indexOf(words, at + 1)) {
    const offset = characters.start + (characters.points ? Array.from(whole.slice(0, at)).length : at);
    if (best === null || Math.abs(offset - start) < Math.abs(best - start)) best = offset;
  }
  return best;
}

/** The place of an answer, passage or citation, as a person says it. */
export function placeOf(found) {
  if (found.location) return found.location; // a passage that was read has none
  return [found.section?.join(" › "), found.page && `page ${found.page}`].filter(Boolean).join(", ");
}
