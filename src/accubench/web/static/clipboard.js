// Modules that others import only define functions: a browser runs one anew for each address that it is loaded from.

// The clipboard API needs https or localhost; through other addresses the old way still works.
export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
