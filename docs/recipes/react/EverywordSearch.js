import { createElement, useEffect, useRef } from 'react';

/**
 * The search box as a React component.
 *
 * `archive` is the archive's address; `onSeek` hears of a chosen hit and may return true to say that
 * it plays it itself; other props are attributes of the element, such as `show`.
 */
export function EverywordSearch({ archive, onSeek, player, ...attributes }) {
  const element = useRef(null);

  useEffect(() => {
    // The element defines itself once, however often the script is asked for.
    import(/* @vite-ignore */ /* webpackIgnore: true */ `${archive}/widget/everyword-search.js`).catch(() => {});
  }, [archive]);

  useEffect(() => {
    const widget = element.current;
    if (player) widget.player = player;
    const heard = (event) => {
      if (onSeek?.(event.detail)) event.preventDefault();
    };
    widget.addEventListener('everyword:seek', heard);
    return () => widget.removeEventListener('everyword:seek', heard);
  }, [onSeek, player]);

  return createElement('everyword-search', { ref: element, api: archive, ...attributes },
    createElement('form', { action: `${archive}/search` },
      createElement('input', { type: 'search', name: 'q', 'aria-label': 'Search every spoken word' }),
      createElement('button', null, 'Search')));
}
