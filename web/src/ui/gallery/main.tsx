/** Show one screen from fixed data: `gallery.html?scene=in-call&lang=fa`; development only. */

import "../styles/index.css";
import { signal } from "@preact/signals";
import { render, type VNode } from "preact";
import { Root } from "../Root";
import type { Page } from "../page";
import { LANGUAGES, type Language } from "../words";
import { USUAL } from "../preferences";
import { UNSENT } from "../screens";
import { NOW } from "./people";
import { SCENES } from "./scenes";

const query = new URLSearchParams(location.search);
const language = signal<Language>(LANGUAGES.find((each) => each === query.get("lang")) ?? "en");
const scene = SCENES[query.get("scene") ?? ""]?.(language.value);

function List(): VNode {
  return (
    <main class="task">
      <h1>Gallery</h1>
      {LANGUAGES.map((each) => (
        <ul key={each} lang={each}>
          {Object.keys(SCENES).map((name) => (
            <li key={name}>
              <a href={`?scene=${name}&lang=${each}`}>
                {name} ({each})
              </a>
            </li>
          ))}
        </ul>
      ))}
    </main>
  );
}

const root = document.getElementById("app");
if (root !== null) {
  if (scene === undefined) {
    render(<List />, root);
  } else {
    const nothing = (): void => undefined;
    const page: Page = {
      address: "https://home.example/3vXq0c8TzL2m",
      ring: signal(scene.ring),
      quality: signal(scene.quality),
      canVerify: signal(scene.canVerify),
      sent: signal({ ...UNSENT, as: "clear", ...scene.sent }),
      now: signal(NOW),
      send: nothing,
      dispatch: nothing,
      wish: nothing,
      announce: nothing,
      choose: nothing,
      preferences: signal({ ...USUAL, ...scene.preferences }),
      prefer: nothing,
      notifies: signal(scene.notifies ?? "default"),
      askToNotify: nothing,
      testSound: (tell) => {
        tell(scene.soundTest ?? { kind: "asking" });
        return nothing;
      },
      unlock: nothing,
      reload: nothing,
      reopen: nothing,
      isKept: () => true,
      speak: (chosen) => {
        language.value = chosen;
      },
    };
    const model = signal(scene.model);
    render(<Root page={page} model={model} said={signal(null)} language={language} />, root);
  }
}
