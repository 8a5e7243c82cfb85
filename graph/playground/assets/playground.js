// GraphiQL for this service: queries by POST, subscriptions by graphql-transport-ws, pictures shown as they come.
"use strict";

(function () {
  const MAX_PICTURES = 24;
  const strip = document.getElementById("pictures");

  const SHOWN = /\.(png|webp|gif|mp4)$/;

  // Every object in an answer that has the address of a picture or an animation.
  function picturesIn(value, found) {
    if (Array.isArray(value)) {
      value.forEach((item) => picturesIn(item, found));
    } else if (value && typeof value === "object") {
      if (typeof value.url === "string" && SHOWN.test(value.url)) {
        found.push(value);
      }
      Object.values(value).forEach((item) => picturesIn(item, found));
    }
    return found;
  }

  function show(picture) {
    const link = document.createElement("a");
    const image = document.createElement(picture.url.endsWith(".mp4") ? "video" : "img");
    Object.assign(image, { autoplay: true, loop: true, muted: true }); // a picture does not mind
    link.href = image.src = picture.url;
    link.target = "_blank";
    link.title = picture.url;
    image.alt = "a generated face";
    link.append(image, picture.seed === undefined ? "" : "seed " + picture.seed);
    strip.prepend(link);
    while (strip.children.length > MAX_PICTURES) {
      strip.lastElementChild.remove();
    }
    strip.hidden = false;
  }

  function look(result) {
    if (result && result.data && !result.data.__schema) {
      picturesIn(result.data, []).reverse().forEach(show);
    }
    return result;
  }

  async function* lookAtEach(results) {
    for await (const result of results) {
      yield look(result);
    }
  }

  // A token stays in this tab: in no file, and gone with it. The page begins anew with another one.
  const TOKEN = "manganace:token";
  const token = sessionStorage.getItem(TOKEN) || "";
  const authorization = token ? { Authorization: "Bearer " + token } : {};
  const field = document.getElementById("token");
  document.getElementById("whose").textContent = token ? "in use in this tab" : "needed to ask anything";
  field.value = token;
  document.getElementById("access").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, field.value.trim());
    location.reload();
  });

  const here = window.location;
  const fetcher = GraphiQL.createFetcher({
    url: here.pathname,
    enableIncrementalDelivery: false,
    headers: authorization,
    wsClient: graphqlWs.createClient({
      url: here.protocol.replace("http", "ws") + "//" + here.host + here.pathname,
      lazy: true,
      connectionParams: authorization,
    }),
  });

  async function lookingFetcher(request, options) {
    const answer = await fetcher(request, options);
    return answer && answer[Symbol.asyncIterator] ? lookAtEach(answer) : look(answer);
  }

  // GraphiQL keeps its tabs from one visit to the next; the explorer has to be told which is open.
  function openingQuery() {
    try {
      const kept = JSON.parse(localStorage.getItem("graphiql:tabState"));
      return kept.tabs[kept.activeTabIndex].query || undefined;
    } catch {
      return EXAMPLES[0].query;
    }
  }

  function Playground() {
    const [query, setQuery] = React.useState(openingQuery);
    const explorer = GraphiQLPluginExplorer.useExplorerPlugin({ query: query || "", onEdit: setQuery });
    return React.createElement(GraphiQL, {
      fetcher: lookingFetcher,
      defaultTabs: EXAMPLES,
      query,
      onEditQuery: setQuery,
      plugins: [explorer],
      shouldPersistHeaders: false,
    });
  }

  ReactDOM.render(React.createElement(Playground), document.getElementById("editor"));
})();
