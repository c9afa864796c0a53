// Whether somebody changed a control that the server filled. Scripts ask when they begin: a page may be typed in before
// they have come, and browsers restore what was typed when a page is loaded again.
export function isChanged(control) {
  if (control.matches("select")) {
    const sent = [...control.options].find((option) => option.defaultSelected) ?? control.options[0];
    return control.selectedOptions[0] !== sent;
  }
  return /^(checkbox|radio)$/.test(control.type) ? control.checked !== control.defaultChecked : control.value !== control.defaultValue;
}
