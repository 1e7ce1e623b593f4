/**
 * Plays an embedded YouTube frame by messages alone: no script of YouTube's is loaded. The frame's
 * address must carry `enablejsapi=1`; frames of other sites are refused.
 */
const HOSTS = /(^|\.)youtube(-nocookie)?\.com$/;

export default function youtube(frame) {
  const { hostname, origin } = new URL(frame.src, document.baseURI);
  if (!HOSTS.test(hostname)) return null;
  const post = (message) => frame.contentWindow.postMessage(JSON.stringify({ id: 1, channel: 'widget', ...message }), origin);
  const command = (func, ...args) => post({ event: 'command', func, args });
  return {
    seek(seconds, start = true) {
      if (!start) return; // a frame that has not played yet would start
      command('seekTo', seconds, true);
      command('playVideo');
    },
    /** YouTube tells the time about four times a second while it plays. */
    watch(callback) {
      const hear = (event) => {
        if (event.source !== frame.contentWindow || event.origin !== origin) return;
        try {
          const { info } = JSON.parse(event.data);
          if (Number.isFinite(info?.currentTime)) callback(info.currentTime);
        } catch {
          // Not one of the player's messages.
        }
      };
      addEventListener('message', hear);
      post({ event: 'listening' });
      return () => removeEventListener('message', hear);
    },
  };
}
