// All behaviour of the pages. Each file listens on the document, so swapped content needs no set-up.
import "./dialogs.js";
import "./forms.js";
import "./keys.js";
import "./live.js";
import "./lookups.js";
import "./menus.js";
import "./panels.js";
import "./password-rules.js";
import "./rows.js";
import "./selection.js";
import "./settings.js";
