// Reload while something is being rendered, but not in a hidden tab.
const PERIOD = 4000;

function busy() {
  return document.querySelector(".running, .waiting") !== null;
}

function refresh() {
  if (busy() && document.visibilityState === "visible") {
    location.reload();
  }
}

setInterval(refresh, PERIOD);
