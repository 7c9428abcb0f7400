// The user interface in its languages; English stands in the page itself.
export const KOREAN = {
  skip: "본문으로 건너뛰기", tag: "개체명 찾기", why: "이유", gradient: "기울기", train: "학습", language: "언어", theme: "테마",
  system: "시스템", light: "밝게", dark: "어둡게", "your-text": "글을 붙여 넣거나 파일을 끌어다 놓으세요", model: "모델",
  "by-script": "문자에 따라", open: "파일 열기", find: "이름 찾기", threshold: "최소 확률", types: "종류",
  "training-data": "학습 자료", hint: "화살표로 이름 사이를 옮겨 다니고, Enter로 이유를 봅니다. 글을 선택하면 고칠 수 있습니다.",
  "why-empty": "먼저 글에서 이름을 찾은 다음, 이름에서 Enter를 누르거나 낱말을 선택하세요.", "explain-tag": "설명할 태그",
  "to-gradient": "숫자를 넣은 식으로 →", window: "창: 낱말마다 점수에 더하는 값. 낱말을 바꾸어 보세요",
  parts: "x: 낱말마다 알려진 것", units: "h: 가장 크게 말하는 은닉 단위", scores: "s: 태그마다의 점수와 문장 안에서의 확률",
  equation: "식", "nearest-none": "이 모델은 학습 문장을 지니고 있지 않아서 가장 비슷한 낱말을 보여 줄 수 없습니다. 함께 제공하는 모델은 학습 자료의 이용 허락이 문장의 재배포를 허용하지 않으므로 문장을 지니지 않습니다. 직접 학습하는 모델은 fanlight train --set keep=1000 으로 지닐 수 있습니다.",
  nearest: "학습 자료에서 가장 비슷한 낱말: 정답과 비슷한 정도", expression: "식", wrt: "변수", examples: "보기", derive: "미분하기", derivation: "유도", "check-mine": "내 답 확인",
  check: "확인", graph: "계산 그래프: 값은 앞으로, 기울기는 뒤로", numbers: "숫자", "as-text": "글로 된 유도",
  "train-empty": "서버를 --watch MODEL.progress.jsonl 로 시작하고, --watch 로 학습하세요.", reports: "모델이 개발 자료에서 얻은 점수",
  "n-names": (n, all) => `이름 ${all}개 가운데 ${n}개`, remove: "지우기", ask: "왜?", sum: (s, b, d, t) => `${t} 점수 ${s} = 빈 창 ${b} + 창 ${d}`,
  "if": (word, before, after, tag) => `“${word}”로 바꾸면 ${tag} 확률: ${before} → ${after}`, forward: "앞으로", backward: "뒤로", step: "단계", right: "맞습니다",
  label: "라벨링", annotator: "이름", begin: "시작", "label-hint": "글의 일부나 이름을 선택한 다음 종류를 누르세요. Ctrl+Enter로 저장합니다.",
  save: "저장하고 다음", undo: "마지막 것 되돌리기", agreement: "일치도: 토큰마다의 코헨 κ",
  "label-state": (done, all) => `${all}개 가운데 ${done}개를 마쳤습니다`, "label-empty": "fanlight label LABELS.db --texts FILE 로 서버를 시작하세요.",
  training: "학습", loss: "손실", "dev F1": "개발 자료 F1", epoch: "에포크", "learning curve, F1": "학습 곡선, F1", sentences: "문장", interval: "95 % 구간", "per-type": "종류마다", confusion: "무엇을 무엇으로 보았나 (행: 정답, 열: 찾은 것)", partial: "부분 일치", calibration: "확률은 들어맞는가?",
  seen: "학습 자료에 있는 이름과 새 이름", "false-positives": "찾았으나 틀린 것: 가장 확신한 것부터", "false-negatives": "정답이나 찾지 못한 것", type: "종류", precision: "정밀도",
  recall: "재현율", f1: "F1", gold: "정답", found: "찾음", counted: "세는 법", stated: "예측 확률", "came-true": "실제 비율", entities: "이름", ece: "기대 보정 오차",
  probability: "확률", context: "문맥", line: "줄",
  distributes: "나누어 줌", routes: "골라 보냄", switches: "맞바꿔 곱함", views: "보기", "tagged-text": "이름을 찾은 글", correct: "고치기",
  steps: "단계", "first-step": "첫 단계", "previous-step": "이전 단계", "next-step": "다음 단계", "last-step": "마지막 단계",
  "row-all": "전체", "way-strict": "엄격: 구간과 종류", "way-exact": "구간만", "way-partial": "일부만 겹쳐도", "way-type": "종류만",
  "names-seen": "학습 자료에 있음", "names-unseen": "새 이름", "window-word": "낱말", "part-vectors": "낱말 벡터", "part-form": "꼴", "part-affix": "앞뒤 조각",
  "part-ngram": "글자 조각", "part-shape": "글자 모양", "part-character": "글자", "part-bigram": "이웃 글자", "part-word": "낱말", "part-place": "낱말 속 자리",
  "part-context": "문맥", "part-names": "이름 목록", "part-other mentions": "다른 곳의 같은 낱말", transpose: "전치",
  "computation-graph": "계산 그래프", "text-to-label": "라벨을 붙일 글",
};
const ENGLISH = {
  "n-names": (n, all) => `${n} of ${all} names`, remove: "Remove", ask: "Why?",
  sum: (s, b, d, t) => `score of ${t}: ${s} = ${b} in an empty window + ${d} from this one`,
  "if": (word, before, after, tag) => `with “${word}” the probability of ${tag} goes from ${before} to ${after}`, forward: "forward", backward: "backward", step: "step", right: "right",
  "label-state": (done, all) => `${done} of ${all} texts are labelled`, "label-empty": "Start the server with fanlight label LABELS.db --texts FILE.",
  "computation-graph": "computation graph", "window-word": "word",
};
let words = ENGLISH;
const original = new WeakMap(), labels = new WeakMap();

// What is named in no language, such as a table of features of one's own, is said as it is called: by the last value.
export function say(name, ...values) {
  const found = words[name] ?? ENGLISH[name] ?? values.at(-1) ?? name;
  return typeof found === "function" ? found(...values) : found;
}

export function speak(language) {
  words = language === "ko" ? KOREAN : ENGLISH;
  document.documentElement.lang = language;
  translate(document);
}

export function translate(place) {
  for (const element of place.querySelectorAll("[data-i18n]")) {
    const name = element.dataset.i18n;
    if (!original.has(element)) original.set(element, element.textContent);
    element.textContent = words === KOREAN ? KOREAN[name] ?? original.get(element) : original.get(element);
  }
  for (const element of place.querySelectorAll("[data-label]")) {
    const name = element.dataset.label;
    if (!labels.has(element)) labels.set(element, element.getAttribute("aria-label"));
    element.setAttribute("aria-label", words === KOREAN ? KOREAN[name] ?? labels.get(element) : labels.get(element));
  }
}
