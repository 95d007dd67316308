// What the page asks of the service.
import { byId } from "./dom.js";

const KEY = "spanwise.token";

/** A request that was not answered; the message is fit to be shown. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  let reply;
  try {
    reply = await fetch(path, { ...options, headers, referrerPolicy: "no-referrer" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The service cannot be reached. Is it still running?");
  }
  if (reply.status === 401) {
    await askForToken();
    return request(path, options);
  }
  if (!reply.ok) {
    const said = await reply.json().catch(() => ({}));
    throw new Refused(reply.status, said.error ?? `The service answered ${reply.status}.`);
  }
  return reply;
}

let asking = null;
byId("token-dialog").addEventListener("cancel", (event) => event.preventDefault());

/** Open the dialog for a token, once however many requests need it. */
function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token-dialog");
    const field = byId("token");
    byId("token-wrong").hidden = !sessionStorage.getItem(KEY);
    field.value = "";
    byId("token-form").onsubmit = (event) => {
      event.preventDefault();
      const token = field.value.trim();
      if (/[^ -\xff]/.test(token)) return void (byId("token-wrong").hidden = false); // no header can have it
      sessionStorage.setItem(KEY, token);
      dialog.close();
      asking = null;
      resolve();
    };
    dialog.showModal();
  });
  return asking;
}

const get = async (path) => (await request(path)).json();

async function post(path, body, signal) {
  const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal };
  return (await request(path, options)).json();
}

export const status = () => get("status");
export const ask = (question, filters, signal) =>
  post("ask", { question, explain: true, ...(filters ? { filters } : {}) }, signal);
export const search = (query, filters, count, signal) =>
  post("search", { query, top_k: count, ...(filters ? { filters } : {}) }, signal);
export const documents = (words, offset) =>
  get(`documents?${new URLSearchParams({ offset, ...(words ? { q: words } : {}) })}`);
export const documentOf = async (file) => (await get(`documents?${new URLSearchParams({ file })}`)).documents[0] ?? null;
export const text = (id, start, end) => get(`documents/${id}?${new URLSearchParams({ start, end })}`);
export const sendFeedback = (verdict) => post("feedback", verdict);

/** A PDF page: its image as an object URL, and the boxes of ranges of the text. */
export async function page(id, number, marks, width) {
  const query = new URLSearchParams(marks.slice(0, 50).map((mark) => ["mark", `${mark.start}:${mark.end}`]));
  const [words, image] = await Promise.all([
    get(`documents/${id}/pages/${number}?${query}`),
    request(`documents/${id}/pages/${number}/image?width=${width}`).then((reply) => reply.blob()),
  ]);
  return { ...words, url: URL.createObjectURL(image) };
}
