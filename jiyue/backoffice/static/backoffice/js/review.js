"use strict";
// The reviewer's page: one key decides, and never the item that opened under a late click.
(() => {
    const REST = 900; // ms in which a new page takes no decision: a second click meant for the page before ends here
    const form = document.querySelector("form[data-decision]");
    const buttons = [...document.querySelectorAll("[data-guarded]")];
    const hint = document.querySelector("[data-hint]");
    const button = (value) => buttons.find((one) => one.value === value);
    let isAwake = false;

    const gates = () => [...(form?.querySelectorAll("[name=gates]") || [])];
    const result = () => [...(form?.querySelectorAll("[name=secrecy_result]") || [])];
    const basis = () => form?.querySelector("[name=secrecy_basis]");

    const say = (name, element) => {
        hint.textContent = hint.dataset[name];
        hint.hidden = false;
        element.closest("fieldset, .field")?.scrollIntoView({ block: "center" });
        element.focus();
        return false;
    };

    const isComplete = (value) => {
        const opinion = form.querySelector("[name=opinion]");
        if (value === "return") return opinion.value.trim() ? true : say("reasonText", opinion);
        const unsigned = gates().find((gate) => !gate.checked);
        if (unsigned) return say("gatesText", unsigned);
        if (result().length && !result().some((one) => one.checked)) return say("secrecyText", result()[0]);
        if (basis() && !basis().value.trim()) return say("secrecyText", basis());
        return true;
    };

    const decide = (value) => {
        const chosen = button(value);
        if (isAwake && chosen && !chosen.disabled && isComplete(value)) form.requestSubmit(chosen);
    };

    const tickAll = () => {
        const all = gates();
        const isOn = all.some((gate) => !gate.checked);
        all.forEach((gate) => { gate.checked = isOn; });
        form?.dispatchEvent(new Event("change"));
    };

    const KEYS = {
        a: () => decide("approve"),
        r: () => decide("return"),
        g: tickAll,
        p: () => result().filter((one) => one.value === "public").forEach((one) => { one.checked = true; }),
        j: () => document.querySelector("[data-key-next]")?.click(),
        k: () => document.querySelector("[data-key-previous]")?.click(),
        "?": () => document.querySelector(".key-help")?.showModal(),
    };

    const isTyping = (target) => target.isContentEditable
        || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=hidden])");

    document.addEventListener("keydown", (event) => {
        if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
        if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
        const act = KEYS[event.key.toLowerCase()];
        if (!act) return;
        event.preventDefault();
        act();
    });

    form?.addEventListener("submit", (event) => {
        if (!isAwake || !isComplete(event.submitter?.value)) {
            event.preventDefault();
            event.stopImmediatePropagation();
        }
    }, { capture: true });

    document.querySelector("[data-all-gates]")?.addEventListener("click", tickAll);
    document.querySelector("[data-key-help]")?.addEventListener("click", KEYS["?"]);
    if (window.matchMedia("(max-width: 799px)").matches) {
        document.querySelectorAll("[data-fold-phone]").forEach((part) => { part.open = false; });
    }
    if (form && !document.querySelector("[data-focus-first]")) {
        const heading = document.querySelector("h1");
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
    }
    const wake = () => {
        isAwake = true;
        buttons.forEach((one) => { one.disabled = "blocked" in one.dataset; });
    };
    window.addEventListener("pageshow", () => setTimeout(wake, REST));
})();
