// The address after #, which says what is shown: #ask=QUESTION&in=FILES, #search=WORDS&in=FILES, #documents=WORDS.

export function addressOf(name, words, filter = "") {
  const only = words && filter ? `&in=${encodeURIComponent(filter)}` : "";
  return `#${name}${words ? `=${encodeURIComponent(words)}` : ""}${only}`;
}

/** The parts of an address; one typed by hand may have anything in it. */
export function partsOf(address) {
  const [, name, words, filter] = /^#?([a-z]*)=?([^&]*)(?:&in=(.*))?/s.exec(address);
  return { name, words: decoded(words).trim(), filter: decoded(filter ?? "").trim() };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
