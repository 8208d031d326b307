"use strict";
// The metadata of an item: fields of the chosen kind, marks of what submission needs, and
// choosers that search as one types and work by keyboard.
(() => {
    const form = document.getElementById("resource-form");
    const panel = form?.querySelector("[data-metadata]");
    if (!panel) return;
    const json = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");
    const required = json("required-by-kind") || {};
    const vocabularies = json("vocabularies") || {};

    const showKind = () => {
        const kind = form.elements.kind.value;
        for (const set of panel.querySelectorAll("[data-kind-fields]")) set.hidden = set.dataset.kindFields !== kind;
        for (const mark of form.querySelectorAll("[data-needed]")) mark.remove();
        for (const name of required[kind] || []) {
            const label = form.querySelector(`label[for="id_${name}"]`);
            if (!label || label.querySelector(".required")) continue;
            const mark = document.createElement("span");
            mark.className = "required";
            mark.dataset.needed = "";
            mark.textContent = "*";
            label.append(mark);
        }
    };
    const showDependents = () => {
        for (const box of form.querySelectorAll("[data-only-for]")) box.hidden = !form.elements[box.dataset.onlyFor].checked;
    };
    form.elements.kind.addEventListener("change", showKind);
    form.elements.is_repost?.addEventListener("change", showDependents);
    showKind();
    showDependents();

    const SEPARATOR = "、";
    const MOST_SHOWN = 40;
    let number = 0;

    // A text field with a list below it. `find` gives entries {label, note, value} for what was typed.
    const makeChooser = (input, { find, several = false, onChoose, onType }) => {
        const list = document.createElement("ul");
        list.className = "chooser-list";
        list.id = `chooser-${++number}`;
        list.setAttribute("role", "listbox");
        list.hidden = true;
        input.after(list);
        input.setAttribute("role", "combobox");
        input.setAttribute("aria-autocomplete", "list");
        input.setAttribute("aria-expanded", "false");
        input.setAttribute("aria-controls", list.id);
        let entries = [];
        let active = -1;
        let asked = 0;

        const typed = () => {
            const text = several ? input.value.split(SEPARATOR).pop() : input.value;
            return text.trim();
        };
        const close = () => {
            list.hidden = true;
            active = -1;
            input.setAttribute("aria-expanded", "false");
            input.removeAttribute("aria-activedescendant");
        };
        const mark = (index) => {
            active = index;
            [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
            if (index < 0) return;
            input.setAttribute("aria-activedescendant", list.children[index].id);
            list.children[index].scrollIntoView({ block: "nearest" });
        };
        const choose = (entry) => {
            if (several) {
                const kept = input.value.split(SEPARATOR).slice(0, -1).map((part) => part.trim()).filter(Boolean);
                input.value = [...kept, entry.value].join(SEPARATOR);
            } else {
                input.value = entry.value;
            }
            onChoose?.(entry);
            close();
            input.dispatchEvent(new Event("input", { bubbles: true }));
            close();
        };
        const show = async () => {
            const mine = ++asked;
            const found = await find(typed());
            if (mine !== asked || document.activeElement !== input) return;
            entries = found.slice(0, MOST_SHOWN);
            list.replaceChildren(...entries.map((entry, index) => {
                const item = document.createElement("li");
                item.id = `${list.id}-${index}`;
                item.setAttribute("role", "option");
                item.append(entry.label);
                if (entry.note) {
                    const note = document.createElement("small");
                    note.textContent = entry.note;
                    item.append(note);
                }
                item.addEventListener("mousedown", (event) => event.preventDefault());
                item.addEventListener("click", () => choose(entry));
                return item;
            }));
            active = -1;
            list.hidden = !entries.length;
            input.setAttribute("aria-expanded", String(!list.hidden));
        };
        let timer = 0;
        const later = () => {
            clearTimeout(timer);
            timer = setTimeout(show, 120);
        };
        input.addEventListener("input", (event) => {
            if (!event.isTrusted) return;
            onType?.();
            later();
        });
        input.addEventListener("focus", later);
        input.addEventListener("blur", close);
        input.addEventListener("keydown", (event) => {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
                if (list.hidden) return void show();
                event.preventDefault();
                const step = event.key === "ArrowDown" ? 1 : -1;
                mark((active + step + entries.length) % entries.length);
            } else if (event.key === "Enter" && !list.hidden && active >= 0) {
                event.preventDefault();
                choose(entries[active]);
            } else if (event.key === "Escape" && !list.hidden) {
                event.stopPropagation();
                close();
            }
        });
    };

    const fits = (entry, words) => words.every((word) => entry.toLowerCase().includes(word));
    for (const input of form.querySelectorAll("[data-terms]")) {
        const terms = vocabularies[input.dataset.terms] || [];
        if (!terms.length) continue;
        makeChooser(input, {
            several: "several" in input.dataset,
            find: (text) => {
                const words = text.toLowerCase().split(/[\s\\/]+/).filter(Boolean);
                const all = terms.includes(text) ? terms : terms.filter((term) => fits(term, words));
                return all.map((term) => ({ label: term, value: term }));
            },
        });
    }

    const relations = form.querySelector("[data-relations]");
    const prepareRow = (row) => {
        const input = row.querySelector("[data-target]");
        const key = row.querySelector("[name=relation_resource]");
        makeChooser(input, {
            find: async (text) => {
                if (text.length < 2) return [];
                const answer = await fetch(`${relations.dataset.targets}&q=${encodeURIComponent(text)}`);
                if (!answer.ok || !(answer.headers.get("Content-Type") || "").includes("json")) return [];
                const { documents } = await answer.json();
                return documents.map((one) => ({ label: one.title, note: one.note, value: one.title, id: one.id }));
            },
            onChoose: (entry) => { key.value = entry.id; },
            onType: () => { key.value = ""; },
        });
    };
    if (relations) {
        const rows = () => relations.querySelectorAll(".relation-row");
        const blank = rows()[rows().length - 1].cloneNode(true);
        rows().forEach(prepareRow);
        const add = relations.querySelector("[data-add-relation]");
        add.hidden = false;
        add.addEventListener("click", () => {
            const row = blank.cloneNode(true);
            const place = rows().length + 1;
            for (const field of row.querySelectorAll("[id]")) {
                const id = field.id.replace(/\d+$/, place);
                row.querySelector(`label[for="${field.id}"]`)?.setAttribute("for", id);
                field.id = id;
            }
            add.before(row);
            prepareRow(row);
            row.querySelector("select").focus();
        });
    }
})();
