/*
 * Comfort for readers; every page works without it. Loaded in the head and
 * blocking, so that a chosen text size or contrast is there before the first paint.
 */
(function () {
  "use strict";

  var root = document.documentElement;
  root.classList.add("js");

  /* Storage may be switched off in the browser; then choices last for one page. */
  function remembered(key) {
    try { return localStorage.getItem("reading-" + key); } catch (refused) { return null; }
  }

  function remember(key, value) {
    try { localStorage.setItem("reading-" + key, value); } catch (refused) { return; }
  }

  ["large", "contrast"].forEach(function (mode) {
    root.classList.toggle(mode, remembered(mode) === "on");
  });

  function showSize(size) {
    root.classList.toggle("article-small", size === "small");
    root.classList.toggle("article-big", size === "big");
  }
  showSize(remembered("size"));

  function all(selector, action, within) {
    Array.prototype.forEach.call((within || document).querySelectorAll(selector), action);
  }

  function wireModes() {
    all("[data-toggle]", function (button) {
      var mode = button.dataset.toggle;
      button.setAttribute("aria-pressed", String(root.classList.contains(mode)));
      button.addEventListener("click", function () {
        var on = root.classList.toggle(mode);
        button.setAttribute("aria-pressed", String(on));
        remember(mode, on ? "on" : "off");
      });
    });
  }

  function wireSizes() {
    function press(size) {
      all("[data-size]", function (button) {
        button.setAttribute("aria-pressed", String(button.dataset.size === size));
      });
    }
    press(remembered("size") || "normal");
    all("[data-size]", function (button) {
      button.addEventListener("click", function () {
        showSize(button.dataset.size);
        press(button.dataset.size);
        remember("size", button.dataset.size);
      });
    });
  }

  function wirePageButtons() {
    all("[data-print]", function (button) {
      button.addEventListener("click", function () { window.print(); });
    });
    all("[data-close]", function (button) {
      /* Browsers let a page close itself only while it is the first one in its window. */
      button.hidden = history.length > 1;
      button.addEventListener("click", function () { window.close(); });
    });
    all("[data-focus]", function (element) { element.focus(); });
    document.addEventListener("keydown", function (event) {
      if (event.key !== "Escape") { return; }
      all(".menu-all[open]", function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    });
  }

  /* The website that sent the reader, by name only; nothing where the browser asks not to be followed. */
  function sender() {
    if (navigator.doNotTrack === "1" || navigator.globalPrivacyControl || !document.referrer) { return ""; }
    var host = new URL(document.referrer).hostname;
    return host && host !== location.hostname ? "?from=" + encodeURIComponent(host.slice(0, 253)) : "";
  }

  function showViews() {
    all("[data-views]", function (place) {
      fetch("/views/" + encodeURIComponent(place.dataset.views) + sender()).then(function (answer) {
        return answer.ok ? answer.json() : null;
      }).then(function (data) {
        if (data === null || typeof data.views !== "number") { return; }
        place.textContent = data.views.toLocaleString("zh-CN");
        place.closest("[data-views-row]").hidden = false;
      }, function () { /* Unreachable: the row stays hidden. */ });
    });
  }

  /* A wide table scrolls inside its own frame, reachable by keyboard. */
  function frameTables() {
    all(".prose", function (prose) {
      all("table", function (table) {
        if (table.parentElement.closest("table")) { return; }
        var frame = document.createElement("div");
        frame.className = "table-scroll";
        table.replaceWith(frame);
        frame.appendChild(table);
        if (frame.scrollWidth > frame.clientWidth) {
          frame.tabIndex = 0;
          frame.setAttribute("role", "region");
          frame.setAttribute("aria-label", prose.dataset.scrollLabel);
        }
      }, prose);
    });
  }

  function wireReading() {
    var button = document.querySelector("[data-read]");
    var text = document.querySelector("[data-readable]") || document.querySelector("main");
    if (!button || !text || !("speechSynthesis" in window)) { return; }
    var voice = window.speechSynthesis;
    button.hidden = false;

    function stop() {
      voice.cancel();
      button.setAttribute("aria-pressed", "false");
    }
    button.addEventListener("click", function () {
      if (button.getAttribute("aria-pressed") === "true") { stop(); return; }
      button.setAttribute("aria-pressed", "true");
      var parts = text.innerText.split(/\n+/).filter(function (part) { return part.trim(); });
      parts.forEach(function (part, index) {
        var utterance = new SpeechSynthesisUtterance(part);
        utterance.lang = root.lang.indexOf("zh") === 0 ? "zh-CN" : root.lang;
        if (index === parts.length - 1) { utterance.onend = stop; }
        voice.speak(utterance);
      });
    });
    window.addEventListener("pagehide", stop);
  }

  /* Links to addresses that are neither ours nor a government's ask first. */
  function wireLeaving() {
    var dialog = document.getElementById("leaving");
    if (!dialog || !dialog.showModal) { return; }
    var trusted = dialog.dataset.trusted.split(" ").concat(location.hostname);

    function isTrusted(host) {
      return trusted.some(function (domain) {
        return domain && (host === domain || host.endsWith("." + domain));
      });
    }
    document.addEventListener("click", function (event) {
      var link = event.target.closest("a[href]");
      if (!link || dialog.contains(link) || !/^https?:$/.test(link.protocol) || isTrusted(link.hostname)) { return; }
      event.preventDefault();
      dialog.querySelector("[data-address]").textContent = link.href;
      dialog.querySelector("[data-continue]").href = link.href;
      dialog.showModal();
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    [wireModes, wireSizes, wirePageButtons, showViews, frameTables, wireReading, wireLeaving].forEach(
      function (wire) { wire(); }
    );
  });
}());
