// Search in pages.js: every word must occur in a section; hits in headings come first.
const field = document.getElementById("search");
const found = document.getElementById("found");
const list = document.getElementById("pages");
const most = 20;

function score(section, words) {
  const heading = `${section[1]} ${section[2]}`.toLowerCase();
  const text = section[3].toLowerCase();
  let sum = 0;
  for (const word of words) {
    if (heading.includes(word)) sum += 10;
    else if (text.includes(word)) sum += 1;
    else return 0;
  }
  return sum;
}

function excerpt(text, word) {
  const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
  return (at > 0 ? "…" : "") + text.slice(at, at + 120) + "…";
}

function hit(section, words) {
  const link = document.createElement("a");
  link.href = section[0];
  link.textContent = section[1] === section[2] ? section[1] : `${section[1]}: ${section[2]}`;
  const words_around = document.createElement("small");
  words_around.textContent = excerpt(section[3], words[0]);
  link.append(words_around);
  return link;
}

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  found.hidden = words.length === 0;
  list.hidden = words.length > 0;
  const hits = words.length === 0 ? [] : sections
    .map((section) => [score(section, words), section])
    .filter(([value]) => value > 0)
    .sort((a, b) => b[0] - a[0])
    .slice(0, most);
  found.replaceChildren(...hits.map(([, section]) => hit(section, words)));
  if (words.length > 0 && hits.length === 0) found.textContent = "Nothing found.";
}

field.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
});
