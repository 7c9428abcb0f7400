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

const GIVEN = "Ada Alan Grace Emmy Max Marie Niels Rosa Mina Oscar Jordan Charlotte".split(" ");
const STEMS = "Hol Ber Mar Lin Wal Nor Kel Stan Ash Clif Mil Wes".split(" "), FAMILIES = "man ger son sen ski ton ford ley".split(" "), TOWNS = "burg ville stad bridge wick ton ford ley".split(" ");
const SENTENCES = ["P lives in T .", "Nobody forgot T .", "Nobody forgot F .", "We met P in T .", "F and F were late .", "T and T were quiet .", "T was late again .", "F was quiet again .", "Everyone knows P .", "Everyone knows T .", "P wrote about T .", "P wrote about F ."];

// Labelled sentences to train on in a moment, as columns. The names are invented, no two sentences are the same, and
// some endings are of people and of towns alike, so that there are errors to look at.
export function labelledExample(count = 300) {
  let seed = 1;
  const any = (list) => list[(seed = (seed * 16807) % 2147483647) % list.length];
  const name = (words, type) => words.map((word, i) => `${word}\t${i ? "I" : "B"}-${type}`);
  const family = () => any(STEMS) + any(FAMILIES);
  const rows = (word) => ({ P: () => name([any(GIVEN), family()], "PER"), F: () => name([family()], "PER"), T: () => name([any(STEMS) + any(TOWNS)], "LOC") })[word]?.() ?? [`${word}\tO`];
  const sentences = new Map(); // by their words
  while (sentences.size < count) {
    const lines = any(SENTENCES).split(" ").flatMap(rows);
    sentences.set(lines.map((line) => line.split("\t")[0]).join(" "), lines.join("\n"));
  }
  return [...sentences.values()].join("\n\n") + "\n";
}
