"use strict";
// Behaviour of every staff page: drafts kept in the tab, one click only, selections.
(() => {
    const PREFIX = "jiyue-draft:";
    const owner = () => document.querySelector("meta[name=jiyue-account]")?.content || "";
    const keyOf = (name) => `${PREFIX}${owner()}:${name}`;
    const SKIPPED = new Set(["csrfmiddlewaretoken", "base_number", "seen_digest", "step", "expected"]);

    const read = (form) => {
        const values = {};
        for (const [name, value] of new FormData(form)) {
            if (SKIPPED.has(name) || typeof value !== "string") continue;
            (values[name] ||= []).push(value);
        }
        return values;
    };

    const write = (form, values) => {
        for (const element of form.elements) {
            if (!element.name || SKIPPED.has(element.name) || element.type === "file") continue;
            const wanted = values[element.name] || [];
            if (element.type === "checkbox" || element.type === "radio") {
                element.checked = wanted.includes(element.value);
            } else if (element.tagName !== "BUTTON" && wanted.length) {
                const twins = [...form.elements].filter((other) => other.name === element.name);
                element.value = wanted[twins.indexOf(element)] ?? element.value;
                element.dispatchEvent(new CustomEvent("jiyue:restored"));
            }
        }
    };

    const keepDraft = (form) => {
        const key = keyOf(form.dataset.draft);
        const pristine = JSON.stringify(read(form));
        const kept = JSON.parse(sessionStorage.getItem(key) || "null");
        if (kept && JSON.stringify(kept.values) !== pristine) {
            offer(form, key, kept);
        } else {
            sessionStorage.removeItem(key);
        }
        let timer = 0;
        const save = () => {
            const values = read(form);
            if (JSON.stringify(values) === pristine) return;
            try {
                sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
            } catch (error) {
                console.warn("draft not kept", error.name);
            }
        };
        const later = () => {
            clearTimeout(timer);
            timer = setTimeout(save, 400);
        };
        form.addEventListener("input", later);
        form.addEventListener("change", later);
        form.addEventListener("submit", save);
    };

    window.jiyueForms = { read, write, keyOf };

    const offer = (form, key, kept) => {
        const template = document.getElementById("draft-offer");
        const box = template.content.firstElementChild.cloneNode(true);
        box.querySelector("time").textContent = new Date(kept.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
        box.querySelector("[data-restore]").addEventListener("click", () => {
            write(form, kept.values);
            box.remove();
            form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
        });
        box.querySelector("[data-discard]").addEventListener("click", () => {
            sessionStorage.removeItem(key);
            box.remove();
        });
        form.before(box);
    };

    const forgetDrafts = () => {
        for (const key of Object.keys(sessionStorage)) {
            if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
        }
    };

    const sendOnce = (form) => {
        form.addEventListener("submit", (event) => {
            if (event.defaultPrevented) return;
            if (form.dataset.sent) {
                event.preventDefault();
                return;
            }
            form.dataset.sent = "1";
            const button = event.submitter;
            if (button?.dataset.busy) button.textContent = button.dataset.busy;
        });
        window.addEventListener("pageshow", () => delete form.dataset.sent);
    };

    const guardLength = (form) => {
        form.addEventListener("submit", (event) => {
            const body = form.elements.body_html;
            if (!body || body.value.length <= Number(form.dataset.maxBody)) return;
            event.preventDefault();
            form.querySelector("[data-length-warning]")?.remove();
            const warning = document.createElement("div");
            warning.className = "notice notice-error";
            warning.setAttribute("role", "alert");
            warning.dataset.lengthWarning = "";
            warning.tabIndex = -1;
            warning.textContent = form.dataset.tooLong;
            form.prepend(warning);
            warning.focus();
        });
    };

    const countSelection = (form) => {
        const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
        const all = form.querySelector("[data-select-all]");
        const button = form.querySelector("[data-needs-selection]");
        const count = form.querySelector("[data-selection-count]");
        if (!all || !button) return;
        const show = () => {
            const chosen = boxes.filter((box) => box.checked).length;
            button.disabled = chosen === 0;
            count.textContent = chosen ? String(chosen) : "";
            all.checked = chosen > 0 && chosen === boxes.length;
            all.indeterminate = chosen > 0 && chosen < boxes.length;
        };
        all.addEventListener("change", () => {
            boxes.forEach((box) => { box.checked = all.checked; });
            show();
        });
        form.addEventListener("change", show);
        show();
    };

    const start = () => {
        const finished = document.querySelector("meta[name=jiyue-finished-draft]");
        if (finished) sessionStorage.removeItem(keyOf(finished.content));
        if (document.querySelector("[data-forget-drafts]")) forgetDrafts();
        document.querySelectorAll("form[data-max-body]").forEach(guardLength);
        document.querySelectorAll("form[data-draft]").forEach(keepDraft);
        document.querySelectorAll("form[data-once]").forEach(sendOnce);
        document.querySelectorAll("form[data-selection]").forEach(countSelection);
        document.querySelector("[data-focus-first]")?.focus();
    };
    start();
})();
