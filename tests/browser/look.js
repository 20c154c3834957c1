// Runs in a page of the gallery: what a test asks of a screen that is laid out.
globalThis.look = (() => {
  const PRESSED = "button, a[href], input, select, textarea, summary, [role=button], [role=switch]";
  /** What may keep the digits of another script: names, addresses, and what a person wrote. */
  const FOREIGN = "bdi, .link, [dir=ltr], input, textarea";
  const WRONG_DIGITS = { en: /[۰-۹٠-٩]/, fa: /[0-9٠-٩]/ };
  const CSS_SPACING = `
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-block-end: 2em !important; }`;

  const isSeen = (element) => element.checkVisibility() && element.closest(".unseen") === null;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);
  const named = (element) => element.outerHTML.slice(0, 100);

  /** A box inside its label is as large as the label. */
  function target(element) {
    const label = element.matches("[type=radio], [type=checkbox]") ? element.closest("label") : null;
    return (label ?? element).getBoundingClientRect();
  }

  function small(least) {
    return all(PRESSED)
      .filter((element) => {
        const { width, height } = target(element);
        return width < least || height < least;
      })
      .map(named);
  }

  function sideways() {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  }

  /** Text that a box without room cuts off; what ends in an ellipsis is meant so. */
  function cut() {
    return all("body *")
      .filter((element) => {
        const { overflowX, overflowY, textOverflow, display } = getComputedStyle(element);
        const hides = overflowX === "hidden" || overflowY === "hidden";
        const isMeant = textOverflow === "ellipsis" || display === "flow-root";
        if (!hides || isMeant || element.closest("svg") !== null) return false;
        const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
        return scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
      })
      .map(named);
  }

  function digits(language) {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() !== null) {
      const { data, parentElement } = walker.currentNode;
      const isForeign = parentElement.closest(`script, style, ${FOREIGN}`) !== null;
      if (!isForeign && WRONG_DIGITS[language].test(data)) found.push(data);
    }
    return found;
  }

  function motions() {
    return document.getAnimations().filter(({ playState }) => playState === "running").length;
  }

  function luminance(colour) {
    const [red, green, blue] = colour.match(/[0-9.]+/g).map((each) => {
      const share = Number(each) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /** Strokes that do not stand out from the page: colours in drawings are not forced by themselves. */
  function faint(least) {
    const ground = luminance(getComputedStyle(document.documentElement).backgroundColor);
    return all("svg *")
      .filter((shape) => {
        const { stroke } = getComputedStyle(shape);
        if (!stroke.startsWith("rgb") || shape.closest(".code, button") !== null) return false;
        const [low, high] = [ground, luminance(stroke)].sort((one, other) => one - other);
        return (high + 0.05) / (low + 0.05) < least;
      })
      .map(named);
  }

  function space() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS_SPACING);
    document.adoptedStyleSheets = [sheet];
  }

  function axe(rules) {
    return globalThis.axe
      .run(document, { runOnly: rules, resultTypes: ["violations"] })
      .then(({ violations }) =>
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`),
      );
  }

  return {
    axe,
    cut,
    digits,
    faint,
    small,
    motions,
    sideways,
    space,
    unspace: () => { document.adoptedStyleSheets = []; },
    tall: () => document.documentElement.scrollHeight - document.documentElement.clientHeight,
    focused: () => document.activeElement?.localName,
    fonts: () => document.fonts.ready.then(() => [...document.fonts].filter(({ status }) => status === "loaded").map(({ family }) => family.replaceAll('"', ""))),
  };
})();
