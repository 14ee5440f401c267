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
  form.addEventListener("submit", () => {
    const told = form.querySelector("[data-told]");
    if (told) told.textContent = form.dataset.sending;
    form.classList.add("sent");
  });
}
for (const range of document.querySelectorAll("input[type=range]")) {
  const told = range.parentElement.querySelector("output");
  if (told) range.addEventListener("input", () => { told.textContent = range.value; });
}
