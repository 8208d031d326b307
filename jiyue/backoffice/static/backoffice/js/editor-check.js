"use strict";
// Findings of the text checks: marks over the words, a list beside the text, replacement and reasons.
// The marks are highlights of the browser, not elements: they can't get into the text.
(() => {
    const shared = window.jiyueEditor;
    const panel = document.querySelector("[data-findings]");
    if (!shared?.form.dataset.check || !panel) return;
    const { form, data, texts, fill, post, button, element } = shared;
    const QUIET_MS = 3000; // pause in typing before the text is checked
    const EVERY_MS = 10000; // at most one check in this time
    const SEVERITIES = ["veto", "error", "warning", "advice"];
    const list = panel.querySelector("[data-findings-list]");
    const summary = panel.querySelector("[data-findings-summary]");
    const reasons = form.querySelector("[data-reasons]");
    let findings = [];
    let checked = "";
    let lastAt = 0;
    let timer = 0;
    let editor = null;

    // Text of the editor as the server sees it: one line for each block, and where each character stands.
    const BLOCKS = new Set("P H2 H3 H4 H5 H6 LI TR TD TH CAPTION FIGCAPTION BLOCKQUOTE FIGURE TABLE UL OL HR BR DIV".split(" "));
    const mapText = () => {
        let text = "";
        const places = [];
        const walk = (node) => {
            for (const child of node.childNodes) {
                if (child.nodeType === 3) {
                    places.push({ at: text.length, node: child });
                    text += child.data.replace(/[\u00a0\s]/g, " ");
                } else if (child.nodeType === 1 && child.dataset?.mceBogus !== "all") {
                    const isBlock = BLOCKS.has(child.nodeName);
                    if (isBlock) text += "\n";
                    walk(child);
                    if (isBlock) text += "\n";
                }
            }
        };
        walk(editor.getBody());
        return { text, places };
    };
    const positionOf = (text, excerpt, occurrence) => {
        let at = -1;
        for (let number = 0; number < Math.max(occurrence, 1); number += 1) {
            at = text.indexOf(excerpt, at < 0 ? 0 : at + excerpt.length);
            if (at < 0) return -1;
        }
        return at;
    };
    const pointAt = (places, offset) => {
        let found = places[0];
        for (const place of places) {
            if (place.at > offset) break;
            found = place;
        }
        return { node: found.node, offset: Math.min(offset - found.at, found.node.data.length) };
    };
    const rangeOf = (finding, map) => {
        if (finding.field !== "body_html" || !finding.occurrence || !finding.excerpt || !map.places.length) return null;
        const at = positionOf(map.text, finding.excerpt.replace(/\s/g, " "), finding.occurrence);
        if (at < 0) return null;
        const range = editor.getDoc().createRange();
        const start = pointAt(map.places, at);
        const end = pointAt(map.places, at + finding.excerpt.length - 1);
        range.setStart(start.node, start.offset);
        range.setEnd(end.node, Math.min(end.offset + 1, end.node.data.length));
        return range;
    };
    const mark = () => {
        const view = editor?.getWin();
        if (!view?.CSS?.highlights) return;
        const map = mapText();
        const groups = Object.fromEntries(SEVERITIES.map((severity) => [severity, []]));
        for (const finding of findings) {
            finding.range = rangeOf(finding, map);
            if (finding.range && !reasonFor(finding.key)) groups[finding.severity].push(finding.range);
        }
        for (const severity of SEVERITIES) view.CSS.highlights.set(`jiyue-${severity}`, new view.Highlight(...groups[severity]));
    };

    const inputOf = (finding) => (finding.field === "body_html" ? null : form.elements[finding.field]);
    const goThere = (finding) => {
        const input = inputOf(finding);
        if (input?.setSelectionRange) {
            const at = positionOf(input.value, finding.excerpt, finding.occurrence);
            input.focus();
            if (at >= 0) input.setSelectionRange(at, at + finding.excerpt.length);
            return;
        }
        const range = editor && rangeOf(finding, mapText());
        if (finding.element) editor.selection.select(finding.element);
        else if (range) editor.selection.setRng(range);
        else return;
        editor.focus();
        (range?.startContainer.parentElement || finding.element)?.scrollIntoView({ block: "center" });
        editor.getContainer().scrollIntoView({ block: "nearest" });
    };
    const replace = (finding) => {
        const input = inputOf(finding);
        if (input) {
            const at = positionOf(input.value, finding.excerpt, finding.occurrence);
            if (at < 0) return;
            input.value = input.value.slice(0, at) + finding.replacement + input.value.slice(at + finding.excerpt.length);
            input.dispatchEvent(new Event("input", { bubbles: true }));
        } else {
            const range = rangeOf(finding, mapText());
            if (!range) return;
            editor.undoManager.transact(() => {
                editor.selection.setRng(range);
                editor.insertContent(editor.dom.encode(finding.replacement));
            });
        }
        check();
    };

    const reasonFor = (key) => [...reasons.querySelectorAll("[name=justification_key]")].find((field) => field.value === key)?.nextElementSibling.value.trim() || "";
    const setReason = (key, text) => {
        [...reasons.querySelectorAll("[name=justification_key]")].filter((field) => field.value === key).forEach((field) => {
            field.nextElementSibling.remove();
            field.remove();
        });
        for (const [name, value] of [["justification_key", key], ["justification_text", text]]) {
            const field = element("input");
            Object.assign(field, { type: "hidden", name, value });
            reasons.append(field);
        }
        form.dispatchEvent(new Event("input"));
    };
    const askReason = (finding, row) => {
        if (row.querySelector("textarea")) return;
        const id = `reason-${findings.indexOf(finding)}`;
        const label = element("label", "", texts.reason);
        label.htmlFor = id;
        const area = element("textarea");
        Object.assign(area, { id, rows: 2, maxLength: 500, value: reasonFor(finding.key) });
        const keep = button(texts.keepReason, () => {
            setReason(finding.key, area.value.trim());
            show();
        });
        row.append(label, area, keep);
        area.focus();
    };

    const rowOf = (finding) => {
        const row = element("li", `finding finding-${finding.severity}`);
        const head = element("p", "finding-head");
        head.append(element("span", "finding-severity", texts[finding.severity]));
        if (finding.excerpt) {
            const place = button(finding.excerpt.slice(0, 40), () => goThere(finding), "finding-place");
            place.title = texts.goThere;
            head.append(place);
        }
        row.append(head, element("p", "finding-text", `${finding.message} ${finding.fix}`));
        if (finding.clause) row.append(element("p", "finding-clause", finding.clause));
        const acts = element("p", "finding-acts");
        if (finding.replacement !== null && finding.occurrence) {
            const text = finding.replacement ? fill(texts.replace, { text: finding.replacement }) : texts.remove;
            acts.append(button(text, () => replace(finding)));
        }
        const reason = reasonFor(finding.key);
        if (reason) row.append(element("p", "finding-reason", fill(texts.justified, { reason })));
        if (finding.severity === "error" && finding.key) acts.append(button(texts.justify, () => askReason(finding, row)));
        if (finding.element) acts.append(...askWords(finding, findings.indexOf(finding)));
        if (acts.childNodes.length) row.append(acts);
        return row;
    };
    const captionOf = (picture) => picture.closest("figure")?.querySelector("figcaption")?.textContent.trim() || "";
    const withoutWords = () => {
        if (!editor) return [];
        const finding = { field: "body_html", excerpt: texts.goThere, occurrence: 0, replacement: null, severity: "error", key: "", clause: "" };
        return [...editor.getBody().querySelectorAll("img")].flatMap((picture, index) => {
            const message = !picture.alt.trim() ? texts.noAlternative : !captionOf(picture) ? texts.noCaption : "";
            if (!message) return [];
            return [{ ...finding, message: fill(message, { number: index + 1 }), fix: texts.noWordsFix, element: picture }];
        });
    };
    // One line of words serves as description and caption; whoever wants two different ones opens the picture.
    const describe = (picture, words) => {
        editor.undoManager.transact(() => {
            editor.selection.select(picture);
            editor.execCommand("mceUpdateImage", false, { alt: picture.alt.trim() || words, caption: true });
            const caption = editor.selection.getNode().closest("figure")?.querySelector("figcaption");
            if (caption) editor.dom.setHTML(caption, editor.dom.encode(words));
        });
        check();
    };
    const askWords = (finding, number) => {
        const id = `picture-words-${number}`;
        const label = element("label", "", texts.pictureWords);
        label.htmlFor = id;
        const input = element("input");
        Object.assign(input, { id, type: "text", maxLength: 200, autocomplete: "off", value: finding.element.alt.trim() });
        const take = () => input.value.trim() && describe(finding.element, input.value.trim());
        input.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" || event.isComposing) return;
            event.preventDefault();
            take();
        });
        return [label, input, button(texts.takeWords, take)];
    };
    const show = (total = findings.length) => {
        list.replaceChildren(...findings.map(rowOf));
        const text = findings.length ? (total > findings.length ? texts.findingsCut : texts.findings) : texts.noFindings;
        summary.textContent = fill(text, { count: findings.length, total });
        mark();
    };
    const blocking = () => findings.filter((finding) => finding.severity === "veto" || (finding.severity === "error" && !reasonFor(finding.key)));

    const payload = () => {
        const elements = form.elements;
        return {
            unit: data.unit,
            kind: elements.kind?.value || "",
            title: elements.title.value,
            summary: elements.summary?.value || "",
            body_html: elements.body_html.value,
            sort: elements.sort?.value || "",
            subject_category: elements.subject_category?.value || "",
            is_history: data.is_history ? "1" : "",
        };
    };
    const check = async () => {
        clearTimeout(timer);
        editor?.save();
        const body = payload();
        checked = JSON.stringify(body);
        lastAt = Date.now();
        summary.textContent = texts.checking;
        try {
            const answer = await post(form.dataset.check, body);
            findings = [...withoutWords(), ...answer.findings];
            show(answer.total + findings.length - answer.findings.length);
            return true;
        } catch {
            summary.textContent = texts.checkFailed;
            return false;
        }
    };
    const later = () => {
        mark();
        clearTimeout(timer);
        if (JSON.stringify(payload()) === checked) return;
        timer = setTimeout(check, Math.max(QUIET_MS, lastAt + EVERY_MS - Date.now()));
    };

    let mayPass = false;
    const onSubmit = (event) => {
        if (event.submitter?.value !== "submit" || event.submitter.name !== "then" || event.defaultPrevented) return;
        if (mayPass) {
            mayPass = false;
            return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        const submitter = event.submitter;
        check().then(() => {
            const stops = blocking();
            if (stops.length) {
                summary.textContent = fill(texts.mustMend, { count: stops.length });
                panel.scrollIntoView({ block: "start" });
                (list.querySelector(".finding-veto button, .finding-error button") || summary).focus();
                return;
            }
            mayPass = true;
            form.requestSubmit(submitter);
        });
    };

    shared.ready.then((made) => {
        editor = made;
        if (editor) {
            editor.on("click keyup", () => {
                const caret = editor.selection.getRng();
                const index = findings.findIndex((finding) => finding.range?.isPointInRange(caret.startContainer, caret.startOffset));
                [...list.children].forEach((row, number) => row.classList.toggle("finding-here", number === index));
                if (index >= 0) list.children[index].scrollIntoView({ block: "nearest" });
            });
        }
        panel.querySelector("[data-check]").addEventListener("click", check);
        form.addEventListener("input", later);
        form.addEventListener("submit", onSubmit, true);
        if (form.elements.title.value) check();
    });
})();
