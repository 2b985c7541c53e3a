// The chart library, loaded when the first panel needs it: tiles have been painted by then.

let loading = null;

/** Where the server keeps it; told with the list of dashboards. */
export const source = { path: "" };

// Style sheets that the library would write into the page and our policy forbids; it leaves alone
// what is there by these names. (Maps, which the second is for, are not used.)
const STYLES = ["plotly.js-style-global", "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53"];

function reserve(id) {
  const name = document.createElement("meta");
  Object.assign(name, { id, className: "no-inline-styles" });
  document.head.append(name);
}

export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    STYLES.forEach(reserve);
    const script = document.createElement("script");
    script.src = source.path;
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error("the chart library could not be loaded"));
    });
    document.head.append(script);
  });
  return loading;
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The wall's palette: calm tones for kinds, loud ones for states only. */
export function palette() {
  return {
    text: css("--text"), text2: css("--text-2"), text3: css("--text-3"), hairline: css("--hairline"), surface: css("--surface"),
    red: css("--red"), yellow: css("--yellow"), green: css("--green"), blue: css("--blue"),
    plain: css("--plain"),
    tones: [0, 1, 2, 3, 4, 5].map((n) => css(`--tone-${n}`)),
  };
}

/** A chart in the panel's style; drawn again in place, without animation. */
export async function chart(host, traces, layout, label) {
  const Plotly = await plotly();
  const em = parseFloat(getComputedStyle(host).fontSize);
  const colours = palette();
  let stage = host.firstElementChild;
  if (!stage?.classList.contains("plotly-stage")) {
    stage = document.createElement("div");
    stage.className = "plotly-stage";
    stage.setAttribute("role", "img");
    host.replaceChildren(stage);
  }
  stage.setAttribute("aria-label", label);
  const font = { family: getComputedStyle(document.body).fontFamily, size: em, color: colours.text2 };
  await Plotly.react(stage, traces, {
    width: host.clientWidth, height: host.clientHeight, font,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, dragmode: false,
    hoverlabel: { font, bgcolor: colours.surface, bordercolor: colours.hairline },
    ...layout,
  }, { displayModeBar: false, responsive: false, staticPlot: false });
}
