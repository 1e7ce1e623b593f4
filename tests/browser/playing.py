"""Playing in a browser: recordings that stand still where they begin, and where that was.

A recording that runs on passes the word that a test looks for, however slow the machine is. One
whose rate is nothing plays, as far as a page can tell, and stays where it was sent.
"""

from typing import Any

STANDING_STILL = """(() => {
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    this.playbackRate = 0;
    return play.call(this);
  };
})()"""
_NOTE = """() => {
  window.started = [];
  const hear = ({ target }) => target.paused || window.started.push(target.currentTime);
  const widget = document.querySelector('everyword-search');
  for (const root of [document, widget?.shadowRoot]) {
    for (const sign of ['playing', 'seeked']) root?.addEventListener(sign, hear, true);
  }
}"""

PLAIN_DRAWING = """() => {
  const started = performance.now();
  const list = document.createElement('ol');
  for (let number = 0; number < 10000; number += 1) {
    const item = document.createElement('li');
    item.append('a plain item ', document.createElement('b'));
    list.append(item);
  }
  document.body.append(list);
  list.getBoundingClientRect();
  const took = performance.now() - started;
  list.remove();
  return took;
}"""
"""How long this machine takes to draw a plain list of 10,000: what drawing is measured by."""


def note_starts(page: Any) -> None:
    """Keep where every player of the page begins to play, and where it goes on after a jump."""
    page.evaluate(_NOTE)


def plays_from(page: Any, earliest: float, latest: float) -> None:
    """Wait until a player played from within this time; needs `note_starts`."""
    page.wait_for_function(
        "([from, to]) => window.started.some((at) => from <= at && at <= to)",
        arg=[earliest, latest],
    )


def jump(page: Any, player: str, seconds: float) -> None:
    """Have a player, which stands still, go to a time."""
    page.evaluate(f"(at) => {{ {player}.currentTime = at; }}", seconds)
