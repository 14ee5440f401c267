/* Comfort alone: every page works without it. */
"use strict";
document.documentElement.classList.add("script");
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  const told = zone.querySelector("output");
  const tell = () => {
    told.textContent = [...input.files].map((file) => file.name).join(", ");
    zone.classList.toggle("full", input.files.length > 0);
  };
  input.addEventListener("change", tell);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; tell(); }
  });
  tell();
}
for (const form of document.querySelectorAll("form[data-sending]")) {
  form.addEventListener("submit", (event) => {
    const told = form.querySelector("[data-told]");
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size > Number(form.dataset.most || Infinity)) {
      event.preventDefault();
      if (told) told.textContent = form.dataset.large;
      return;
    }
    if (told) told.textContent = form.dataset.sending;
    form.classList.add("sent");
  });
}
for (const number of document.querySelectorAll("input[data-slider]")) {
  const [low, high] = number.dataset.slider.split(" ").map(Number);
  const range = document.createElement("input");
  Object.assign(range, { type: "range", min: low, max: high, step: "any", className: "slider" });
  range.setAttribute("aria-label", number.dataset.name);
  range.value = Number(number.value.replace(",", ".")) || low;
  range.addEventListener("input", () => { number.value = String(Math.round(Number(range.value) * 100) / 100); });
  range.addEventListener("change", () => number.form.requestSubmit());
  number.insertAdjacentElement("afterend", range);
}
const main = document.querySelector("main[data-refresh]");
if (main) {
  const look = async () => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const found = page.querySelector("main");
      if (!found || !found.dataset.refresh) { location.reload(); return; }
      const [now, was] = [found, main].map((one) => one.querySelector("[role=status]"));
      if (now && was && now.innerHTML !== was.innerHTML) was.innerHTML = now.innerHTML;
      const [bar, old] = [found, main].map((one) => one.querySelector("progress"));
      if (bar && old) old.replaceWith(bar);
    } catch { /* the service is away for a moment: asked again */ }
    setTimeout(look, 1000 * main.dataset.refresh);
  };
  setTimeout(look, 1000 * main.dataset.refresh);
}
