/** A search box behind a button, in a dialog over the page: the element's `modal` attribute. */
import { h, sheet } from './everyword-search.js';

const CSS_TEXT = `
.trigger{all:initial;display:inline-flex;align-items:center;gap:8px;min-height:40px;padding:4px 14px;
font-family:var(--ew-font,inherit);font-size:var(--ew-size,max(1em,14px));cursor:pointer;
color-scheme:inherit;color:var(--ew-muted,light-dark(#635e55,#aaa49a));
background:var(--ew-bg,light-dark(#fff,#201e1b));
border:1px solid var(--ew-line,light-dark(#dcd7cd,#3d3a35));border-radius:var(--ew-radius,12px)}
.trigger:focus-visible{outline:2px solid var(--ew-accent,light-dark(#0b5d5f,#83d3cd));outline-offset:2px}
kbd{font:inherit;font-size:.85em;padding:0 6px;border:1px solid;border-radius:6px}
dialog{box-sizing:border-box;width:min(44rem,100% - 24px);max-height:calc(100dvh - 48px);margin:24px auto;
padding:16px;overflow:auto;border:1px solid var(--ew-line,light-dark(#dcd7cd,#3d3a35));
border-radius:16px;background:var(--ew-page,light-dark(#faf8f4,#161513))}
dialog::backdrop{background:#0007}
`;
const style = sheet(CSS_TEXT);

/** Move `root` into a dialog; returns what opens it. */
export function modal(host, root, say) {
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  const dialog = h('dialog', { part: 'modal', 'aria-label': say('label') }, root);
  const open = () => dialog.open || dialog.showModal();
  const trigger = h('button', { class: 'trigger', part: 'trigger', type: 'button', onclick: () => host.focus() },
    say('search'), host.getAttribute('shortcut') !== 'off' && h('kbd', { 'aria-hidden': 'true' }, apple ? '⌘ K' : 'Ctrl K'));
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
  // What plays outside of the dialog is hidden by it.
  host.addEventListener('everyword:seek', () => (host.player || host.getAttribute('player')) && dialog.close());
  host.shadowRoot.adoptedStyleSheets.push(style);
  host.shadowRoot.append(trigger, dialog);
  return { open };
}
