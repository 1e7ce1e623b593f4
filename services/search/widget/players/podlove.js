/**
 * Plays a Podlove Web Player 4 or 5 through its store, which `podlovePlayer(…)` resolves to:
 * `podlovePlayer('#here', episode, config).then((store) => { widget.player = store; })`.
 * Podlove counts in milliseconds.
 */
export default function podlove(store) {
  return {
    seek(seconds, start = true) {
      store.dispatch({ type: 'PLAYER_REQUEST_PLAYTIME', payload: Math.round(seconds * 1000) });
      if (start) store.dispatch({ type: 'PLAYER_REQUEST_PLAY' });
    },
    watch(callback) {
      let last = -1;
      return store.subscribe(() => {
        const state = store.getState();
        const playtime = state.timepiece?.playtime ?? state.playtime;
        if (playtime === last || !Number.isFinite(playtime)) return;
        last = playtime;
        callback(playtime / 1000);
      });
    },
  };
}
