// Texts to begin with; invented, so that they may be passed on.
export const SAMPLES = {
  welcome: "Museums in Paris are amazing to see. Ada Lovelace wrote to Charles Babbage from London on Monday.",
  news: "BERLIN, 3 May 2021 - Siemens will open a research centre in Singapore, chief executive Roland Busch said on Monday. The company, based in Munich, plans to hire 400 engineers from the National University of Singapore. Shares rose 2.4 percent in Frankfurt.",
  korean: "이순신은 1545년 서울에서 태어났다. 지난 월요일 삼성전자는 수원에서 새 연구소를 열었고, 이재용 회장과 김연아 선수가 참석했다. 연구소에는 2,000명이 일한다.",
  contract: "This agreement is made on 12 March 2024 between Northwind Traders Ltd of Manchester and Contoso GmbH of Hamburg. Northwind Traders, represented by Maria Keller, shall deliver 500 tonnes of steel to Rotterdam by 30 June 2024. The courts of England have jurisdiction.",
  recipe: "My grandmother Rosa brought this soup from Naples. Simmer 500 g of tomatoes with Parmesan from Reggio Emilia for 20 minutes, and serve it on Sunday. Anna in Boston adds a hot dog, which Rosa never forgave.",
  tweets: "just landed in Tokyo 🛬 with @sam, jet lag is real\nOMG Messi scores AGAIN for Inter Miami!!! ⚽️\ncoffee at Blue Bottle w/ Priya on friday? 👀",
};

// The text that the page begins with, and a word of it to explain, in the page's language.
export function welcome() {
  const [text, word] = document.documentElement.lang === "ko" ? [SAMPLES.korean, "서울"] : [SAMPLES.welcome, "Paris"];
  return { text, offset: text.indexOf(word) };
}

const PEOPLE = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy Noether", "Max Planck", "Marie Curie", "Niels Bohr", "Rosa Parks"];
const TOWNS = ["Paris", "London", "Oslo", "Berlin", "Seoul", "Lima", "Cairo", "New York"];
const SENTENCES = ["P lives in T .", "Museums in T are amazing to see .", "It rained .", "Yesterday P wrote to P from T .", "T is old .", "We met P ."];

// Labelled sentences to train on in a moment, as columns.
export function labelledExample(count = 300) {
  let n = 0;
  const name = (list, type) => list[(n += 5 + (n % 3)) % list.length].split(" ").map((word, i) => `${word}\t${i ? "I" : "B"}-${type}`);
  const rows = (word) => (word === "P" ? name(PEOPLE, "PER") : word === "T" ? name(TOWNS, "LOC") : [`${word}\tO`]);
  return Array.from({ length: count }, (_, i) => SENTENCES[(i + Math.floor(i / 7)) % SENTENCES.length].split(" ").flatMap(rows).join("\n")).join("\n\n") + "\n";
}
