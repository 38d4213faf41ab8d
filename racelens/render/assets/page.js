"use strict";
// Draws what Python laid out. Nothing here decides, counts evidence or orders events; every text from a
// log enters the page through `clean` and a text node, never as markup.
(() => {
  const data = (id) => JSON.parse(document.getElementById(id).textContent);
  const report = data("report"), view = data("view");
  const findings = report.findings, drawings = view.drawings;
  const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]/g;
  const PAIR = /[\ud800-\udbff][\udc00-\udfff]/;
  const SVG = "http://www.w3.org/2000/svg";
  const PAGE = 200, LANE = 58, TOP = 34, FOOT = 30;

  // ── small tools ──────────────────────────────────────────────────────────────────────────
  function clean(value) {
    return Array.from(String(value), (c) => PAIR.test(c) ? c :
      c.replace(UNSAFE, (u) => "\\u" + u.charCodeAt(0).toString(16).padStart(4, "0"))).join("");
  }
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children) if (child !== null && child !== undefined && child !== "")
      node.append(child instanceof Node ? child : clean(child));
    return node;
  }
  const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children.flat());
  const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children.flat());
  const $ = (id) => document.getElementById(id);
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
  const stem = (source) => source.split("/").pop().replace(/\.[^.]*$/, "");
  const near = (source) => source.startsWith(view.folder) ? source.slice(view.folder.length) : source;
  const quotes = new Map(report.quotes.map((q) => [q.source + "\n" + q.line, q.text]));

  function dot(confidence, severity) {
    const full = confidence === "confirmed" ? "currentColor" : "none";
    const shape = severity === "warning" ? s("rect", { x: 1.5, y: 1.5, width: 8, height: 8, fill: full, stroke: "currentColor" })
      : severity === "info" ? s("path", { d: "M5.5 1 10 5.5 5.5 10 1 5.5Z", fill: full, stroke: "currentColor" })
      : s("circle", { cx: 5.5, cy: 5.5, r: 4.3, fill: full, stroke: "currentColor" });
    return s("svg", { class: `dot ${severity}`, viewBox: "0 0 11 11", role: "img", "aria-label": `${confidence}, ${severity}` }, shape);
  }
  function distance(ns) {
    const ms = ns / 1e6;
    if (Math.abs(ms) >= 1e4) return `+${(ms / 1e3).toFixed(1)} s`;
    return `${ms < 0 ? "−" : "+"}${Math.abs(ms).toFixed(Math.abs(ms) < 1 ? 3 : 1)} ms`;
  }

  // ── the list ─────────────────────────────────────────────────────────────────────────────
  const haystacks = findings.map((f) => [f.id, f.rule, f.name, f.severity, f.confidence, f.resource, f.suppressed ? "suppressed" : "",
    ...f.operations, ...f.actors, ...f.evidence.map((e) => `${e.source}:${e.line} ${stem(e.source)}:${e.line} ${e.name || ""} ${e.process || ""}`)].join(" ").toLowerCase());
  const groups = view.groups;      // [{members: [finding index], …}], in order
  let open = 0, chosen = null, words = [];
  const more = new Map();

  const visible = (group) => words.length ? group.members.filter((i) => words.every((w) => haystacks[i].includes(w))) : group.members;

  function drawList() {
    const list = h("div", {});
    let part = null, shown = 0;
    groups.forEach((group, number) => {
      const members = visible(group);
      shown += members.length;
      if (!members.length) return;
      if (group.part !== part) {
        list.append(h("div", { class: "part" }, h("b", {}, group.part), part === null ? h("span", {}, view.span) : null));
        part = group.part;
      }
      list.append(drawGroup(group, number, members));
    });
    $("list").replaceChildren(list);
    $("status").textContent = words.length ? `${shown.toLocaleString("en")} of ${plural(findings.length, "finding")}` : "";
  }
  function drawGroup(group, number, members) {
    const isOpen = number === open, operations = [...new Set(group.operations)].join(" × ");
    const path = members.filter((i) => view.at[i] !== null).map((i) => `M${1 + 74 * view.at[i]} 1V11`).join("");
    const button = h("button", { "aria-expanded": String(isOpen), onclick: () => { open = isOpen && chosen !== null ? -1 : number; drawList(); } },
      dot(group.confidence, group.severity),
      h("span", { class: "what" }, h("b", {}, group.name), " ", h("span", {}, group.type)),
      h("span", { class: "times" }, members.length.toLocaleString("en")),
      s("svg", { class: "ticks", viewBox: "0 0 76 12", preserveAspectRatio: "none", "aria-hidden": "true" }, s("path", { d: path })),
      h("span", { class: "how mono" }, `${group.rule} ${operations}`));
    return h("div", { class: isOpen ? "group open" : "group" }, button, isOpen ? drawMembers(group, number, members) : null);
  }
  function drawMembers(group, number, members) {
    const [from, to] = more.get(number) || [0, 7];
    const items = members.slice(from, to).map((i) => h("li", {}, h("button", {
      class: "mono", "aria-current": String(i === chosen), onclick: () => choose(i) },
      h("span", {}, findings[i].resource || "no resource"), h("span", {}, view.clock[i]))));
    const open = (a, b, n, word) => n > 0 && h("li", { class: "more" }, h("button", { onclick: () => { more.set(number, [a, b]); drawList(); } }, `${n.toLocaleString("en")} ${word}`));
    return h("ul", {}, [open(Math.max(from - PAGE, 0), to, from, "before"), ...items, open(from, to + PAGE, members.length - to, "more")].filter(Boolean));
  }
  function choose(index, keep) {
    chosen = index;
    const number = groups.findIndex((g) => g.members.includes(index));
    if (number !== open) open = number;
    const place = visible(groups[number]).indexOf(index);
    const [from, to] = more.get(number) || [0, 7];
    if (place < from || place >= to) more.set(number, place < to + 7 && place >= to ? [from, place + 7] : [Math.max(place - 3, 0), place + 4]);
    if (!keep) history.replaceState(null, "", "#" + findings[index].id);
    drawList();
    $("finding").replaceChildren(...drawFinding(index, true));
  }
  function step(by) {
    const order = groups.flatMap(visible);
    if (!order.length) return;
    const at = order.indexOf(chosen);
    choose(order[Math.min(Math.max(at + by, 0), order.length - 1)]);
    const current = document.querySelector("[aria-current=true]");
    if (current) current.scrollIntoView({ block: "nearest" });
  }

  // ── one finding ──────────────────────────────────────────────────────────────────────────
  function laidOut(index) {   // what Python laid out, beside the moments it belongs to
    const drawing = drawings[index];
    return drawing && { ...drawing, tracks: drawing.tracks.map((t, n) => ({ ...t, marks: t.marks.map(([at, sign, label, value, lost], k) =>
      ({ ...findings[index].lanes[n].moments[k], at, sign, label, value, lost })) })) };
  }
  function drawFinding(index, live) {
    const f = findings[index], drawing = laidOut(index), group = groups.find((g) => g.members.includes(index));
    const first = f.evidence.map((e) => e.time).filter(Boolean).sort()[0];
    const nodes = [
      h("div", { class: "title" }, h("h2", { tabindex: live ? -1 : null }, `${f.rule} ${f.name}`, h("span", { class: "mono" }, f.resource)),
        f.rule && h("span", { class: "sure-badge" }, dot(f.confidence, f.severity), `${f.confidence} · ${f.severity}`)),
      f.rule && h("p", { class: "meta mono" }, [f.id, first ? first.slice(0, 26).replace("T", " ") + " UTC" : "no time", `1 of ${group.members.length.toLocaleString("en")} in its group`].join(" · ")),
    ];
    if (f.suppressed) nodes.push(h("p", { class: "suppressed" }, `suppressed, ${f.suppressed.by}: ${f.suppressed.reason}`));
    if (view.stories[index]) nodes.push(drawStory(view.stories[index]));
    const raw = live ? h("div", { class: "raw empty", "aria-live": "polite" }, "Point at an event, or tab to it, to read its line.") : null;
    if (drawing) nodes.push(drawDrawing(drawing, f, raw, live), legend(drawing), raw);
    if (view.next[index]) nodes.push(drawTold(f, group, index));
    if (drawing) nodes.push(drawTable(drawing, f, raw));
    return nodes.filter(Boolean);
  }
  function drawStory(story) {
    const parts = story.acts.flatMap(([who, act, where], n) => [n ? " " : "", h("b", {}, who), ` ${act} `, h("span", { class: "where" }, where), n < story.acts.length - 1 ? "," : ""]);
    return h("p", { class: "story" }, parts, story.harm ? [" ", h("span", { class: "harm" }, story.harm + ".")] : "");
  }
  function legend(drawing) {
    const signs = new Set(drawing.tracks.flatMap((t) => t.marks.map((m) => m.sign)));
    const words = [["R", "○ R read"], ["W", "■ W write"], ["C", "■ C create"], ["D", "■ D delete"], ["E", "◆ E effect"], ["R∅", "⊘ R∅ found nothing"], ["✓", "✓ commit"], ["L", "L lock"], ["U", "U unlock"], ["Q", "Q enqueue"], ["M", "M message"]]
      .filter(([sign]) => signs.has(sign)).map(([, word]) => word);
    if (drawing.tracks.some((t) => t.marks.some((m) => m.lost))) words.push("✗ lost");
    if (drawing.tracks.some((t) => t.exposed.length)) words.push("strong bar: exposed, from read to write");
    if (drawing.band) words.push("hatched: the conflict");
    if (drawing.tracks.some((t) => t.whisker)) words.push("├─┤ how far that clock may be off");
    return h("p", { class: "legend" }, words.map((w) => h("span", {}, w)));
  }
  function drawTold(f, group, index) {
    const rows = [["sure", f.reason], ["lost", view.lost[index]], ["cause", f.cause], ["settle", f.settle], ["else", group.members.length > 1 ? `${plural(group.members.length - 1, "other")} in this group, ${plural(group.resources, "resource")} in all` : "the only one of its kind"]];
    return h("div", { class: "told" },
      h("dl", {}, rows.filter(([, text]) => text).flatMap(([label, text]) => [h("dt", {}, label), h("dd", {}, text)])),
      h("div", {}, h("h3", {}, "Guard"), h("pre", {}, f.fix), h("h3", { class: "next" }, "Next"), h("pre", { class: "next" }, view.next[index].join("\n"))));
  }
  function drawTable(drawing, f, raw) {
    const rows = drawing.tracks.flatMap((t) => t.marks.map((m) => [t, m])).sort((a, b) => a[1].at - b[1].at);
    const body = rows.map(([t, m]) => h("tr", { class: m.role === "primary" ? "deed" : m.role ? "proof" : "context", onmouseenter: () => raw && showRaw(raw, m, f) },
      h("td", {}, drawing.dated ? distance(m.at) : ""), h("td", {}, t.letter), h("td", {}, [m.name, m.phase === "point" ? "" : m.phase].join(" ").trim()),
      h("td", {}, m.label), h("td", {}, m.value), h("td", {}, `${near(m.source)}:${m.line}`)));
    const left = drawing.tracks.reduce((n, t) => n + t.left_out, 0);
    return h("div", { class: "table" }, h("table", {}, h("caption", {}, "What each attempt did" + (left ? `, without ${plural(left, "event")} further off` : "")),
      h("thead", {}, h("tr", {}, ["distance", "who", "event", "did", "value", "line"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", {}, body)));
  }
  function showRaw(raw, mark, f) {
    const text = quotes.get(mark.source + "\n" + mark.line);
    const telling = new Set([f.resource, ...f.actors, ...f.evidence.flatMap((e) => [e.version, e.actor])].filter(Boolean).map(String));
    telling.add(mark.value); telling.delete("");
    const line = text === undefined ? ["the line itself is not in this report"] : text.split(/("(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[\w.+-]+))/).map((piece, n) => {
      const value = n % 2 ? piece.replace(/^"(?:[^"\\]|\\.)*"\s*:\s*/, "").replace(/^"|"$/g, "") : "";
      return telling.has(value) ? h("b", {}, piece) : piece;
    });
    raw.className = "raw";
    raw.replaceChildren(...[h("div", { class: "where mono" }, h("span", {}, `${mark.source}:${mark.line}`), h("span", {}, distance(mark.at))),
      h("div", { class: "line mono" }, line), mark.note ? h("div", { class: "note" }, mark.note) : null].filter(Boolean));
  }

  // ── the drawing ──────────────────────────────────────────────────────────────────────────
  let hatches = 0;
  function drawDrawing(drawing, f, raw, live) {
    const box = h("div", { class: "drawing" }), whole = [-0.02 * drawing.length, 1.04 * drawing.length];
    let [from, to] = whole;
    const paint = () => {
      const old = box.querySelector("svg:not(.dot)"), width = box.clientWidth || 680;
      const svg = lanes(drawing, width, from, to, raw && ((mark) => showRaw(raw, mark, f)));
      if (live) hold(svg, width);
      if (old) old.replaceWith(svg); else box.prepend(svg);
    };
    const zoom = (factor, at) => {
      const middle = at === undefined ? (from + to) / 2 : at, span = Math.min(Math.max((to - from) * factor, 1000), whole[1] - whole[0]);
      from = Math.min(Math.max(middle - (middle - from) * span / (to - from), whole[0]), whole[1] - span);
      to = from + span;
      paint();
    };
    const pan = (by) => { const span = to - from; from = Math.min(Math.max(from + by, whole[0]), whole[1] - span); to = from + span; paint(); };
    const hold = (svg, width) => {
      const left = gutter(width), scale = () => (to - from) / (width - left - 60);
      svg.addEventListener("wheel", (e) => { if (!e.ctrlKey && !e.metaKey) return; e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : 0.8, from + (e.offsetX - left) * scale()); }, { passive: false });
      svg.addEventListener("dblclick", () => { [from, to] = whole; paint(); });
      svg.addEventListener("pointerdown", (e) => {
        if (e.button || e.target.closest(".mark")) return;
        let x = e.clientX;
        const move = (m) => { pan((x - m.clientX) * scale()); x = m.clientX; };
        const up = () => { removeEventListener("pointermove", move); removeEventListener("pointerup", up); };
        addEventListener("pointermove", move); addEventListener("pointerup", up);
      });
    };
    if (live) {
      box.append(h("div", { class: "zoom" },
        h("button", { title: "zoom out (−)", "aria-label": "zoom out", onclick: () => zoom(1.6) }, "−"),
        h("button", { title: "zoom in (+), or Ctrl and the wheel; drag to move", "aria-label": "zoom in", onclick: () => zoom(0.625) }, "+"),
        h("button", { title: "show all (0)", "aria-label": "show all", onclick: () => { [from, to] = whole; paint(); } }, "all")));
      box.zoom = zoom; box.reset = () => { [from, to] = whole; paint(); }; box.pan = (n) => pan(n * (to - from) / 5);
      new ResizeObserver(() => paint()).observe(box);
    }
    paint();
    return box;
  }
  const gutter = (width) => width < 560 ? 4 : 152;

  function lanes(drawing, width, from, to, onmark) {
    const narrow = width < 560, left = gutter(width), right = width - 60, lane = narrow ? LANE + 14 : LANE;
    const height = TOP + lane * drawing.tracks.length + FOOT, x = (t) => left + (t - from) / (to - from) * (right - left);
    const within = (px) => Math.min(Math.max(px, left - 8), width - 2), y = (n) => TOP + lane * n + (narrow ? 46 : 34);
    const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "group", "aria-label": `timeline with ${plural(drawing.tracks.length, "lane")}` });
    const id = `hatch${hatches++}`, clip = `clip${hatches}`;
    svg.append(s("defs", {}, s("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, s("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 7 })),
      s("clipPath", { id: clip }, s("rect", { x: left - 9, y: 0, width: width - left + 9, height }))));
    axis(svg, drawing, from, to, x, left, right, height);
    const inner = s("g", { "clip-path": `url(#${clip})` });
    if (drawing.band) {
      const b = drawing.band, x0 = within(x(b.begin)), x1 = Math.max(within(x(b.end)), x0 + 2);
      for (const css of [{ class: "band" }, { fill: `url(#${id})` }]) inner.append(s("rect", { x: x0, y: TOP - 10, width: x1 - x0, height: lane * drawing.tracks.length + 6, ...css }));
      inner.append(s("text", { class: "bandname", x: Math.min(Math.max((x0 + x1) / 2, left + 80), width - 90), y: height - 10 }, b.label));
    }
    drawing.tracks.forEach((track, n) => {
      svg.append(...label(track, n, narrow, y(n)));
      inner.append(...bars(track, x, within, y(n)));
      if (track.whisker) inner.append(...whisker(track, x, within, y(n), left));
    });
    drawing.links.forEach((link) => inner.append(...arrow(link, x, y)));
    drawing.tracks.forEach((track, n) => { inner.append(...marks(track, x, y(n), width, onmark)); });
    svg.append(inner);
    return svg;
  }
  function axis(svg, drawing, from, to, x, left, right, height) {
    if (!drawing.dated) { svg.append(s("text", { class: "axis", x: left, y: 12 }, "in the order of writing; the log has no times")); return; }
    const [unit, name] = drawing.unit, least = (to - from) / Math.max(Math.floor((right - left) / 110), 1);
    let step = Math.pow(10, Math.floor(Math.log10(least)));
    step *= [1, 2, 5, 10].find((k) => step * k >= least) || 10;
    let first = true;
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
      const px = x(t), last = t + step > to;
      if (px < left || px > right + 50) continue;
      svg.append(s("line", { class: "grid", x1: px, x2: px, y1: 20, y2: height - FOOT + 4 }));
      const at = Math.abs(t) < step / 2 ? drawing.start.slice(11, 23) : `${t > 0 ? "+" : "−"}${Number((Math.abs(t) / unit).toPrecision(10)).toLocaleString("en", { maximumFractionDigits: 6 })}${last || !first && px > right - 90 ? " " + name : ""}`;
      svg.append(s("text", { class: "axis", x: px, y: 12, "text-anchor": px < left + 40 ? "start" : "middle" }, at));
      first = false;
    }
  }
  function label(track, n, narrow, y) {
    const who = s("text", { x: 0, y: narrow ? y - 30 : y - 2 }, s("tspan", { class: "who" }, track.letter), ` ${track.name}`);
    if (narrow) { who.append(s("tspan", { class: "sub" }, `  ${track.where}`)); return [who]; }
    return [who, s("text", { class: "sub", x: 16, y: y + 13 }, track.where)];
  }
  function bars(track, x, within, y) {
    const a = within(x(track.begin)), b = within(x(track.end)), out = [];
    if (b > a) out.push(s("rect", { class: "running", x: a, y: y - 3, width: b - a, height: 6 }));
    for (const [e0, e1] of track.exposed) { const p = within(x(e0)), q = within(x(e1)); if (q > p) out.push(s("rect", { class: "exposed", x: p, y: y - 3.5, width: q - p, height: 7 })); }
    if (track.starts) out.push(s("line", { class: "cap", x1: a, x2: a, y1: y - 8, y2: y + 8 }));
    if (track.open) out.push(s("path", { class: "open", d: `M${b - 5} ${y - 5}l10 10m0 -10l-10 10` }), s("text", { class: "opened", x: b + 10, y: y + 4 }, track.ended));
    else if (track.finishes) out.push(s("line", { class: "cap", x1: b, x2: b, y1: y - 8, y2: y + 8 }));
    return out;
  }
  function whisker(track, x, within, y, left) {
    const mark = track.marks.find((m) => m.role) || track.marks[0], [least, most] = track.whisker, below = y + 19, room = track.whiskername.length * 6.6;
    const a = x(mark.at + least), b = x(mark.at + most), p = within(a), q = within(b);
    const caps = (a >= left - 8 ? `M${p} ${below - 4}v8` : "") + (q === b ? `M${q} ${below - 4}v8` : "");
    return [s("path", { class: track.measured ? "whisker" : "whisker taken", d: `M${p} ${below}H${Math.max(q, p + 1)}` }), s("path", { class: "whisker", d: caps }),
      s("text", { class: "whiskername", x: Math.min(q + 5, within(1e9) - room), y: below + (q + 5 + room > within(1e9) ? 13 : 4) }, track.whiskername)];
  }
  function arrow(link, x, y) {
    const x0 = x(link.from_at), x1 = x(link.to_at), down = link.to_track > link.from_track, y0 = y(link.from_track), y1 = y(link.to_track) + (down ? -25 : 10);
    const head = (cls) => s("path", { class: cls, d: `M${x1 - 5} ${y1 - (down ? 8 : -8)}h10l-5 ${down ? 9 : -9}z` });
    if (!link.harm) return [s("path", { class: "cause-link", d: `M${x0} ${y0 + (down ? 5 : -5)}L${x1} ${y(link.to_track) + (down ? -16 : 16)}` }), s("path", { class: "cause-head", d: `M${x1 - 4} ${y(link.to_track) + (down ? -17 : 17)}h8l-4 ${down ? 9 : -9}z` })];
    const bend = Math.max(24, Math.abs(x1 - x0) * .45);
    const middle = (y0 + y1) / 2;
    return [s("path", { class: "harm-link", d: `M${x0 + 8} ${y0}C${x0 + bend} ${y0} ${x1} ${middle} ${x1} ${y1 - (down ? 8 : -8)}` }), head("harm-head"),
      Math.abs(x1 - x0) < 90 ? s("text", { class: "harm-name", x: Math.min(x0, x1) - 10, y: middle + 2, "text-anchor": "end" }, link.label)
        : s("text", { class: "harm-name", x: (x0 + x1) / 2, y: middle + (down ? -6 : 16), "text-anchor": "middle" }, link.label)];
  }
  function marks(track, x, y, width, onmark) {
    let free = -1e9;
    return track.marks.filter((m) => m.sign || m.role).map((m) => {
      const px = x(m.at), words = [m.label, m.value].filter(Boolean).join(" "), room = words.length * 7.3;
      const tx = Math.max(Math.min(px - 6, width - room - 2), free);
      const css = m.role === "primary" ? "mark deed" : m.lost ? "mark gone" : "mark";
      const g = s("g", { class: css, tabindex: onmark ? 0 : null, role: "img", "aria-label": `${track.letter} ${m.note || words || m.name}, ${m.source} line ${m.line}` },
        s("circle", { class: "halo", cx: px, cy: y, r: 13 }), shape(m, px, y));
      if (m.lost) g.append(s("path", { class: "cross", d: `M${px - 8} ${y - 8}l16 16m0 -16l-16 16` }));
      if (words && (m.role || tx < px + 30)) { g.append(s("text", { x: tx, y: y - 12 }, m.label, m.value ? s("tspan", { class: m.role === "primary" || m.lost ? "" : "value" }, ` ${m.value}`) : "")); free = tx + room + 6; }
      if (onmark) for (const on of ["mouseenter", "focus", "click"]) g.addEventListener(on, () => onmark(m));
      return g;
    });
  }
  function shape(m, x, y) {
    const sign = m.sign[0];
    if (m.sign === "R∅") return s("g", {}, s("circle", { class: "sign hollow", cx: x, cy: y, r: 5.5 }), s("path", { class: "sign hollow", d: `M${x - 5} ${y + 5}L${x + 5} ${y - 5}` }));
    if (sign === "R") return s("circle", { class: "sign hollow", cx: x, cy: y, r: 5.5 });
    if (sign === "E" || sign === "M" || sign === "Q") return s("path", { class: "sign", d: `M${x} ${y - 7}l7 7l-7 7l-7 -7z` });
    if (sign === "✓") return s("path", { class: "sign hollow", d: `M${x - 5} ${y}l4 5l7 -10`, fill: "none" });
    if (sign) return s("rect", { class: "sign", x: x - 5.5, y: y - 5.5, width: 11, height: 11 });
    return s("circle", { class: "sign minor", cx: x, cy: y, r: 4.5 });
  }

  // ── what it rests on ─────────────────────────────────────────────────────────────────────
  function drawBasis() {
    const out = [];
    if (view.heat.rows.length > 1 || view.heat.rows.length && view.heat.columns > 1) out.push(heat(view.heat));
    const bars = report.coverage.map((c) => {
      const total = c.checked + c.unchecked, share = total ? c.checked / total : 0;
      return h("li", { class: share < 1 ? "assumed" : "", title: c.reason }, h("span", {}, c.rule), h("span", { class: "bar" }, s("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { width: 100 * share, height: 8 }))),
        h("span", { class: "number" }, `${c.checked.toLocaleString("en")} / ${total.toLocaleString("en")}`));
    });
    const list = (rows) => h("ul", { class: "list" }, rows.map(([label, text]) => h("li", {}, h("span", {}, label), h("span", {}, text))));
    const cleared = report.cleared.map((c) => [c.count.toLocaleString("en"), `${c.reason} (${c.rule}, ${stem(c.example.source)}:${c.example.line})`]);
    const line = (text, c) => c.statement ? h("span", {}, text, h("br"), h("code", {}, c.statement)) : text;
    const advice = report.coverage.filter((c) => c.unchecked || !c.checked).map((c) => [c.rule, line(`${c.reason}. ${c.advice}`, c)]);
    const skipped = report.skipped.map((c) => [c.rule, line(c.reason, c)]);
    out.push(h("div", { class: "basis" },
      h("section", {}, h("h3", {}, "What each rule could check"), h("ul", { class: "bars" }, bars)),
      h("section", {}, h("h3", {}, "Not looked at: not “clean”"), list([...skipped, ...advice].length ? [...skipped, ...advice] : [["", "everything could be looked at"]])),
      h("section", {}, h("h3", {}, "Clocks"), list(view.clocks), h("h3", {}, "Undecided"), list(report.undecided.length ? report.undecided.map((u) => [u.rule, `${u.count.toLocaleString("en")}: ${u.reason}`]) : [["0", "no verdict hangs on a clock"]])),
      h("section", {}, h("h3", {}, `Guards that did their job: ${report.cleared.reduce((n, c) => n + c.count, 0).toLocaleString("en")}`), list(cleared)),
      h("section", {}, h("h3", {}, "What was read"), list(view.read))));
    $("basis").replaceChildren(...report.coverage.length ? out : [list(view.read)]);
  }
  function heat(grid) {
    const wide = 1000, left = 190, cell = (wide - left) / grid.columns, high = 18;
    const svg = s("svg", { viewBox: `0 0 ${wide} ${high * grid.rows.length + 22}`, role: "img", "aria-label": "findings by resource and time" });
    grid.rows.forEach((row, n) => {
      svg.append(s("a", { tabindex: 0, role: "button", onclick: () => search(row.filter), onkeydown: (e) => { if (e.key === "Enter") search(row.filter); } }, s("text", { x: left - 8, y: n * high + 13, "text-anchor": "end" }, row.name)));
      row.cells.forEach((count, c) => {
        const rect = s("rect", { class: count ? "" : "none", x: left + c * cell, y: n * high + 2, width: Math.max(cell - 1, 1), height: high - 4, rx: 2 }, count ? s("title", {}, `${row.name}: ${plural(count, "finding")}`) : null);
        if (count) rect.style.fillOpacity = 0.3 + 0.7 * count / grid.most;
        svg.append(rect);
      });
    });
    svg.append(s("text", { class: "axis", x: left, y: high * grid.rows.length + 16 }, grid.first), s("text", { class: "axis", x: wide, y: high * grid.rows.length + 16, "text-anchor": "end" }, grid.last));
    return h("section", { class: "heat" }, h("h3", {}, "Where and when"), svg);
  }

  // ── life ─────────────────────────────────────────────────────────────────────────────────
  const box = $("filter");
  function search(text) { box.value = text; filter(); box.focus(); }
  function filter() {
    words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    more.clear();
    if (words.length && !(groups[open] && visible(groups[open]).length)) open = groups.findIndex((g) => visible(g).length);
    drawList();
  }
  box.addEventListener("input", filter);
  addEventListener("keydown", (e) => {
    const drawing = document.querySelector("#finding .drawing");
    if (e.key === "Escape") { box.value = ""; filter(); box.blur(); return; }
    if (e.target === box && e.key === "Enter") { const first = groups.flatMap(visible)[0]; if (first !== undefined) choose(first); return; }
    if (e.target === box || e.ctrlKey || e.metaKey || e.altKey) return;
    const keys = { "/": () => { box.focus(); box.select(); }, j: () => step(1), k: () => step(-1),
      "+": () => drawing && drawing.zoom(0.625), "=": () => drawing && drawing.zoom(0.625), "-": () => drawing && drawing.zoom(1.6), "0": () => drawing && drawing.reset(),
      ArrowLeft: () => drawing && drawing.pan(-1), ArrowRight: () => drawing && drawing.pan(1) };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });
  addEventListener("hashchange", () => { const at = findings.findIndex((f) => f.id === location.hash.slice(1)); if (at >= 0) choose(at, true); });
  function forPrint() {
    if ($("print").childElementCount) return;
    $("print").replaceChildren(...groups.slice(0, view.printed).map((g) => h("article", {}, drawFinding(g.example, false))));
  }
  addEventListener("beforeprint", forPrint);
  matchMedia("print").addEventListener("change", (e) => { if (e.matches) forPrint(); });

  drawBasis();
  if (groups.length) {
    const asked = findings.findIndex((f) => f.id === location.hash.slice(1));
    choose(asked >= 0 ? asked : groups[0].example, true);
  } else document.querySelector("main").hidden = true;
  document.documentElement.dataset.ready = "yes";
})();
