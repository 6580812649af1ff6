"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const words = document.getElementById("words");
  const findings = [...document.querySelectorAll(".finding")];
  const files = [...document.querySelectorAll(".file")];
  const chosen = (name) => {
    const boxes = [...form.querySelectorAll(`input[name=${name}]`)];
    return boxes.length ? new Set(boxes.filter((b) => b.checked).map((b) => b.value)) : null;
  };
  const apply = () => {
    const want = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = chosen("severity");
    const states = chosen("state");
    let n = 0;
    for (const f of findings) {
      const show =
        severities.has(f.dataset.severity) &&
        (!states || states.has(f.dataset.state)) &&
        want.every((w) => f.dataset.search.includes(w));
      f.hidden = !show;
      n += show;
    }
    for (const f of files) f.hidden = !f.querySelector(".finding:not([hidden])");
    document.getElementById("count").textContent = `${n} of ${findings.length}`;
  };
  const move = (step) => {
    const shown = findings.filter((f) => !f.hidden);
    if (!shown.length) return;
    const at = shown.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, at + step));
    shown[next].focus();
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (e) => e.preventDefault());
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Escape") {
      words.value = "";
      words.blur();
      apply();
    } else if (document.activeElement === words) {
      return;
    } else if (e.key === "/") {
      e.preventDefault();
      words.focus();
    } else if (e.key === "j") {
      move(1);
    } else if (e.key === "k") {
      move(-1);
    }
  });
  apply();
})();
