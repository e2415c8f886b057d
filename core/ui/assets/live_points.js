// The points of charts whose runs train: one request a second, or as seldom as the server asks for,
// for all charts of a view, answered with what is new since the last (core/ui/live_curves.py).
// Above chart.js, which draws.

const LIVE_PAUSE = 1000; // milliseconds between two requests
const LONGEST_PAUSE = 15_000; // while the server does not answer

// A trace as it was, and what is new of it: how many points of each way stay, and those after.
const renewed = (trace, news) => {
  if (!news) return trace;
  const ways = news.ways.map(([kept, x, y], place) => {
    const [across, up] = trace?.ways[place] ?? [[], []];
    return [across.slice(0, kept).concat(x), up.slice(0, kept).concat(y)];
  });
  const [[x, y], back] = ways;
  return {
    style: news.style ?? trace.style,
    ways,
    // An outline goes back along its second way.
    x: back ? x.concat(back[0].toReversed()) : x,
    y: back ? y.concat(back[1].toReversed()) : y,
  };
};

// One view of the server: what its charts show now, and the hosts on the page that show it.
class LiveView {
  constructor(url) {
    this.url = url;
    this.revision = "";
    this.charts = new Map();
    this.hosts = new Map(); // host → what to do when its chart has changed
    this.pause = LIVE_PAUSE;
    this.wake = () => {
      if (!document.hidden) this.ask();
    };
  }

  follow(host, changed) {
    this.hosts.set(host, changed);
    if (this.running) return;
    this.running = true;
    document.addEventListener("visibilitychange", this.wake);
    this.ask();
  }

  leave(host) {
    this.hosts.delete(host);
    if (this.hosts.size) return;
    this.running = false;
    clearTimeout(this.timer);
    this.request?.abort();
    document.removeEventListener("visibilitychange", this.wake);
    liveViews.delete(this.url);
  }

  figure(name) {
    const chart = this.charts.get(name);
    if (!chart) return undefined;
    // Styles are copied, because Plotly writes into them; points it leaves alone.
    const data = chart.traces.map(({ style, x, y }) => ({ ...structuredClone(style), x, y }));
    return { layout: chart.layout, data };
  }

  async ask() {
    for (const host of [...this.hosts.keys()]) if (!host.isConnected) this.leave(host);
    // A hidden tab asks for nothing: it will be told everything when it is looked at again.
    if (!this.running || this.request || document.hidden) return;
    clearTimeout(this.timer);
    const begun = performance.now();
    this.request = new AbortController();
    try {
      const signal = AbortSignal.any([this.request.signal, AbortSignal.timeout(LONGEST_PAUSE)]);
      const answer = await fetch(`${this.url}?have=${this.revision}`, { signal });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      this.take(await answer.json());
      // Where many look on, the server asks for patience.
      this.pause = 1000 * answer.headers.get("Digitlab-Pause") || LIVE_PAUSE;
    } catch {
      // What is shown stays. The page gets another view where this one is gone.
      this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    }
    this.request = undefined;
    if (!this.running) return;
    const left = this.pause - (performance.now() - begun);
    this.timer = setTimeout(() => this.ask(), Math.max(0, left));
  }

  take({ revision, charts }) {
    for (const [name, news] of Object.entries(charts)) {
      const old = this.charts.get(name);
      this.charts.set(name, {
        layout: news.layout ?? old.layout,
        traces: news.traces?.map((of, place) => renewed(old?.traces[place], of)) ?? old.traces,
      });
    }
    this.revision = revision;
    for (const [host, changed] of this.hosts) if (charts[host.digitlabData.chart]) changed();
  }
}

const liveViews = (window.digitlabLiveViews ??= new Map());

const liveView = (url) => {
  if (!liveViews.has(url)) liveViews.set(url, new LiveView(url));
  return liveViews.get(url);
};
