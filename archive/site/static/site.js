// Names the code editor and the column menus for screen readers. Pages read the same without it.
window.addEventListener("load", () => {
  for (const field of document.querySelectorAll(".CodeMirror textarea")) {
    field.setAttribute("aria-label", "SQL");
  }
});
