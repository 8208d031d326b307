"use strict";
// The text editor: HugeRTE, and what its other scripts share (`window.jiyueEditor`).
(() => {
    const root = document.querySelector("[data-editor-root]");
    const area = root?.querySelector("textarea");
    if (!area) return;
    const form = area.form;
    const data = JSON.parse(document.getElementById("editor-data").textContent);
    const texts = data.texts;

    class Refused extends Error {
        constructor(status, error) {
            super(error ? `${error.message} ${error.fix}`.trim() : texts.failed);
            this.status = status;
            this.code = error?.code || "";
        }
    }
    class Expired extends Error {}

    const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;
    const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");
    const read = async (answer) => {
        if (answer.type === "opaqueredirect") throw new Expired();
        const isJson = (answer.headers.get("Content-Type") || "").includes("json");
        if (answer.status === 403 && !isJson) throw new Expired();
        const result = isJson ? await answer.json() : null;
        if (!answer.ok || !result) throw new Refused(answer.status, result?.error);
        return result;
    };
    const request = async (address, options) => {
        const answer = await fetch(address, { redirect: "manual", ...options });
        return read(answer);
    };
    const post = async (address, values, options = {}) => {
        const body = new FormData();
        for (const [name, value] of Object.entries(values)) body.append(name, value);
        try {
            return await request(address, { method: "POST", body, headers: { "X-CSRFToken": token() }, ...options });
        } catch (error) {
            if (error instanceof Expired) form.dispatchEvent(new CustomEvent("jiyue:expired"));
            throw error;
        }
    };
    const uploadFile = async (blob, name) => {
        const body = new FormData();
        body.append("file", blob, name);
        const result = await request(root.dataset.upload, { method: "POST", body, headers: { "X-CSRFToken": token() } });
        return result.location;
    };
    const element = (tag, className, text) => {
        const made = document.createElement(tag);
        if (className) made.className = className;
        if (text !== undefined) made.textContent = text;
        return made;
    };
    const button = (text, act, className = "button button-secondary") => {
        const made = element("button", className, text);
        made.type = "button";
        made.addEventListener("click", act);
        return made;
    };
    const notes = form.querySelector("[data-editor-notes]");
    const say = (kind, text, { key = "", buttons = [], lines = [] } = {}) => {
        if (key) notes.querySelector(`[data-key="${key}"]`)?.remove();
        const box = element("div", `notice notice-${kind}`);
        box.dataset.key = key;
        const inner = element("div");
        inner.append(element("strong", "", text));
        if (lines.length) {
            const list = element("ul");
            lines.forEach((line) => list.append(element("li", "", line)));
            inner.append(list);
        }
        if (buttons.length) {
            const row = element("p", "notice-acts");
            row.append(...buttons);
            inner.append(row);
        }
        box.append(inner);
        notes.append(box);
        return box;
    };
    const unsay = (key) => notes.querySelector(`[data-key="${key}"]`)?.remove();

    let settle;
    const shared = { root, area, form, data, texts, fill, post, request, token, uploadFile, element, button, say, unsay, Expired, Refused };
    shared.ready = new Promise((resolve) => { settle = resolve; });
    window.jiyueEditor = shared;
    if (!window.hugerte) {
        settle(null);
        return;
    }

    const upload = (blob) => uploadFile(blob.blob(), blob.filename());
    const aligned = (value) => ({ selector: "p,h2,h3,h4,h5,h6,td,th", classes: `align-${value}` });

    window.hugerte.init({
        target: area,
        base_url: root.dataset.base,
        suffix: ".min",
        language: "zh_Hans",
        language_url: `${root.dataset.base}/langs/zh_Hans.js`,
        plugins: "table lists link image code searchreplace fullscreen",
        toolbar: "undo redo | blocks bold | image table link | alignleft aligncenter alignright | bullist numlist outdent indent | italic superscript subscript alignjustify | searchreplace removeformat code fullscreen",
        toolbar_mode: "sliding",
        menubar: false,
        statusbar: false,
        block_formats: "Paragraph=p;Heading 2=h2;Heading 3=h3;Heading 4=h4",
        formats: {
            alignleft: { selector: "p,h2,h3,h4,h5,h6,td,th", classes: "align-left" },
            aligncenter: aligned("center"),
            alignright: aligned("right"),
            alignjustify: aligned("justify"),
        },
        indentation: "2em",
        height: 560,
        min_height: 360,
        resize: false,
        elementpath: false,
        branding: false,
        promotion: false,
        contextmenu: false,
        browser_spellcheck: true,
        content_css: root.dataset.bodyCss,
        body_class: "body-text",
        iframe_aria_text: area.labels[0]?.textContent.trim(),
        paste_data_images: true,
        automatic_uploads: true,
        images_upload_handler: upload,
        image_dimensions: true,
        image_uploadtab: true,
        image_caption: true,
        relative_urls: false,
        convert_urls: false,
        entity_encoding: "raw",
        table_default_attributes: {},
        table_default_styles: {},
        table_sizing_mode: "relative",
        table_toolbar: "tableprops tabledelete | tableinsertrowbefore tableinsertrowafter tabledeleterow | tableinsertcolbefore tableinsertcolafter tabledeletecol | tablemergecells tablesplitcells",
        setup: (editor) => {
            editor.on("init", () => {
                editor.save();
                settle(editor);
            });
            editor.on("input change undo redo keyup SetContent", () => {
                if (!editor.initialized) return;
                editor.save();
                form.dispatchEvent(new Event("input"));
            });
            area.addEventListener("jiyue:restored", () => editor.setContent(area.value));
        },
    });
})();
