"""The words of derivations, verdicts and errors in Korean."""

from __future__ import annotations

import re
from functools import cache

from fanlight.calculus.lecture.korean_errors import ERRORS

# English as `steps` and `differences` write it, with {…} for what is put in, to Korean
KOREAN = {
    "1. Break the equation into simple pieces": "1. 식을 단순한 조각으로 나누기",
    "2. Apply the chain rule": "2. 연쇄 법칙 적용하기",
    "3. Write out the Jacobians": "3. 야코비안 쓰기",
    "4. Re-use the error signal": "4. 오차 신호 재사용하기",
    "5. Bring it into the shape convention": "5. 모양 규약에 맞추기",
    "by {wrt} ({shape})": "{wrt}로 미분 ({shape})",
    "at {point}: {name} = {value}, and the gradient is {slope}, in all {total}": (
        "{point}에서 {name} = {value}, 기울기는 {slope}, 모두 더하면 {total}"
    ),
    "at {point}: {name} = {value}, and the gradient is {slope}, along the direction {total}": (
        "{point}에서 {name} = {value}, 기울기는 {slope}, 그 방향으로는 {total}"
    ),
    "at {point}: {name} = {value}, and the gradient is {slope}": "{point}에서 {name} = {value}, 기울기는 {slope}",
    "{wrt} + {change}: {name} = {moved}, and {a} + {b} · {step} = {c}": (
        "{wrt} + {change}: {name} = {moved}, 그리고 {a} + {b} · {step} = {c}"
    ),
    "as one matrix, columns below each other: {matrix}": "열을 차례로 아래로 이은 행렬 하나로: {matrix}",
    "scalar": "스칼라",
    "{shape}, entries below": "{shape}, 성분은 아래에",
    "2. Differentiate": "2. 미분하기",
    "the gradients by {names} all begin with {signal}: computed once it takes": (
        "{names}에 대한 기울기는 모두 {signal}로 시작합니다. {signal}를 한 번만 계산하면"
    ),
    "∂⁺ takes every other piece as fixed": "∂⁺는 다른 조각을 모두 고정하고 미분한 것입니다",
    "   {m} multiplications, {a} additions, {f} function values": "   곱셈 {m}번, 덧셈 {a}번, 함숫값 {f}개",
    "each on its own: {m} multiplications, {a} additions, {f} function values": (
        "따로 계산하면: 곱셈 {m}번, 덧셈 {a}번, 함숫값 {f}개"
    ),
    "as a Jacobian ": "야코비안 ",
    " is 1 × {n}; the step θ ← θ − α ∇ needs {wrt}'s shape, {shape}": (
        "의 모양은 1 × {n}이지만, 갱신 θ ← θ − α ∇에는 {wrt}의 모양이 필요합니다: {shape}"
    ),
    ": ": ": ",
    " moves ": " 때문에 움직이는 것은 ",
    " alone, so ": "뿐이므로 ",
    " alone": "뿐입니다",
    "which is ": "곧 ",
    ": ({a}) ({b}) = {c}, as it must be": ": ({a}) ({b}) = {c}, 바로 필요한 모양입니다",
    "its shape is {mine}, but {target} is {right}": "모양이 {mine}입니다. {target}의 모양은 {right}입니다",
    "{start}: it is right as a Jacobian (a row); the shape convention wants its transpose, a column": (
        "{start}: 야코비안(행)으로는 맞습니다. 모양 규약에서는 그 전치인 열이어야 합니다"
    ),
    "{start}: it is the transpose of the right one": "{start}: 정답의 전치입니다",
    "{start}: a transpose would mend the shape, not the values": "{start}: 전치하면 모양은 맞지만 값은 맞지 않습니다",
    "the sign is wrong: it is minus the right one": "부호가 틀렸습니다: 정답에 −를 붙인 것입니다",
    "it is the transpose of the right one": "정답의 전치입니다",
    "right up to a constant factor: multiply it by {factor}": "상수 배만큼 다릅니다: {factor}을(를) 곱하면 맞습니다",
    "right up to a factor that depends on the values: a scalar is missing or too many": (
        "값에 따라 달라지는 배수만큼 다릅니다: 스칼라가 하나 빠졌거나 남습니다"
    ),
    "it is right only where {a} and {b} are symmetric: for others it is {right}": (
        "{a}, {b}가 모두 대칭일 때만 맞습니다. 일반적으로는 {right}입니다"
    ),
    "a factor is wrong: right with {new} in place of {old}": "인자가 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "it is right only where {a} is symmetric: for any {a} it is {right}": (
        "{a}가 대칭일 때만 맞습니다. 일반적으로는 {right}입니다"
    ),
    "a term is missing: right with {new} in place of {old}": "항이 빠졌습니다: {old} 대신 {new}이면 맞습니다",
    "a term is missing: minus {term}": "항이 빠졌습니다: −({term})",
    "a term is missing: {term}": "항이 빠졌습니다: {term}",
    "the sign of a term is wrong: {term}": "한 항의 부호가 틀렸습니다: {term}",
    "a term is counted twice: {term}": "한 항이 두 번 들어 있습니다: {term}",
    "a transpose too many: right with {new} in place of {old}": "전치가 하나 남습니다: {old} 대신 {new}이면 맞습니다",
    "a transpose is missing: right with {new} in place of {old}": "전치가 빠졌습니다: {old} 대신 {new}이면 맞습니다",
    "the order of the factors is wrong: right with {new} in place of {old}": (
        "곱하는 순서가 틀렸습니다: {old} 대신 {new}이면 맞습니다"
    ),
    "the order of the products is wrong: right with {new} in place of {old}": (
        "곱셈을 묶는 순서가 틀렸습니다: {old} 대신 {new}이면 맞습니다"
    ),
    "an elementwise product belongs here: right with {new} in place of {old}": (
        "여기에는 성분별 곱이 필요합니다: {old} 대신 {new}이면 맞습니다"
    ),
    "a matrix product belongs here: right with {new} in place of {old}": (
        "여기에는 행렬곱이 필요합니다: {old} 대신 {new}이면 맞습니다"
    ),
    "transposes or orders of factors are wrong: right with {new}": (
        "전치나 곱하는 순서가 틀렸습니다: {new}이면 맞습니다"
    ),
    "a sign is wrong: right with {new} in place of {old}": "부호가 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "it has no finite value at the points tried": "시험한 점에서 유한한 값이 없습니다",
    "{start}: repeated to that shape it is right": "{start}: 그 모양으로 반복하면 맞습니다",
    "it is the gradient by {a}, not by {b}": "{b}이(가) 아니라 {a}에 대한 기울기입니다",
    "a sum is missing: right with {new}": "합이 빠졌습니다: {new}이면 맞습니다",
    "{a} and {b} are exchanged: right with {new}": "{a}와 {b}가 뒤바뀌었습니다: {new}이면 맞습니다",
    "a term is wrong: right with {new} in place of {old}": "항 하나가 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "a term too many: right without {old} in {whole}": "항이 하나 남습니다: {whole}에서 {old}을(를) 빼면 맞습니다",
    "the rule here: {rule}": "여기서 쓰는 규칙: {rule}",
    "a term too many: right without {old}": "항이 하나 남습니다: {old}을(를) 빼면 맞습니다",
    "a factor too many: right without {old}": "인자가 하나 남습니다: {old}을(를) 빼면 맞습니다",
    "a quotient should be a product: right with {new}": "나눗셈이 아니라 곱셈입니다: {new}이면 맞습니다",
    "an exponent is wrong: right with {new} in place of {old}": "지수가 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "a number is wrong: right with {new} in place of {old}": "숫자가 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "a wrong input: right with {new} in place of {old}": "입력이 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "a wrong input: right with {new}": "입력이 틀렸습니다: {new}이면 맞습니다",
    "the chain stops early: it is the gradient by {node}, not by {a}": (
        "연쇄가 일찍 끝났습니다: {a}이(가) 아니라 {node}에 대한 기울기입니다"
    ),
    "the chain starts late: it is the gradient of {node} alone": "연쇄가 늦게 시작됩니다: {node}만의 기울기입니다",
    ", so its slope is taken in one step": "이므로 한 번에 미분합니다",
    "a function too many: right with {new} in place of {old}": "함수가 하나 남습니다: {old} 대신 {new}이면 맞습니다",
    "a wrong function: right with {new} in place of {old}": "함수가 틀렸습니다: {old} 대신 {new}이면 맞습니다",
    "a function is missing: right with {new} in place of {old}": "함수가 빠졌습니다: {old} 대신 {new}이면 맞습니다",
    "a factor is missing, {factor}: right with {new} in place of {old}": (
        "인자가 빠졌습니다({factor}): {old} 대신 {new}이면 맞습니다"
    ),
    "a factor is missing: {factor}": "인자가 빠졌습니다: {factor}",
    "a factor is missing: {factor}, on the way back through {node}": (
        "{node}을(를) 거슬러 갈 때 인자 {factor}이(가) 빠졌습니다"
    ),
    "a transpose is missing: {new} on the way back through {node}": (
        "{node}을(를) 거슬러 갈 때 전치가 빠졌습니다: {new}이어야 합니다"
    ),
    "a factor is wrong: {slope} is {right}, not {mine}": (
        "인자가 틀렸습니다: {slope}은(는) {mine}이(가) 아니라 {right}입니다"
    ),
    "a path is missing: {a} acts also through {b} in {c}": (
        "경로가 빠졌습니다: {a}은(는) {c} 안의 {b}을(를) 통해서도 작용합니다"
    ),
    "a path is missing: {a} acts also through {b}": "경로가 빠졌습니다: {a}은(는) {b}을(를) 통해서도 작용합니다",
    "only the path through {b} is counted: {a} acts in {n} places": (
        "{b}을(를) 지나는 경로만 셌습니다: {a}은(는) {n}곳에서 작용합니다"
    ),
    "right if {a} is {fact}: --assume {assumption}": "{a}이(가) 다음과 같을 때만 맞습니다: --assume {assumption}",
    "{operation}: {a} and {b} do not fit: {p} against {q}": "{operation}: {a}와 {b}는 모양이 맞지 않습니다",
    "e is a symbol here: the exponential function is written exp(x)": (
        "여기서 e는 기호입니다: 지수 함수는 exp(x)로 씁니다"
    ),
    "{name} taken as a scalar: --shape {shape} for a column": (
        "{name}을(를) 스칼라로 보았습니다. 열벡터라면 --shape {shape}"
    ),
    "{name} taken as a column: --shape {shape}, or {scalar} for a scalar": (
        "{name}을(를) 열벡터로 보았습니다: --shape {shape}. 스칼라라면 --shape {scalar}"
    ),
    "{name} taken as a matrix: --shape {shape}": "{name}을(를) 행렬로 보았습니다: --shape {shape}",
    "a rule is wrong: {left} = 1 at the largest entry alone, not everywhere": (
        "규칙이 틀렸습니다: {left}은(는) 가장 큰 성분에서만 1입니다"
    ),
    "a rule is wrong: {right}, with a minus": "규칙이 틀렸습니다: {right}이고 음의 부호가 붙습니다",
    "a rule is wrong: {right}, with both factors": "규칙이 틀렸습니다: {right}이고 인자가 둘 다 필요합니다",
    "a rule is wrong: {y} is pulled back as {right}, with transposes": (
        "규칙이 틀렸습니다: {y}의 역전파는 {right}이고 전치가 붙습니다"
    ),
    "a rule is wrong: {right}, not {mine}": "규칙이 틀렸습니다: {mine}이(가) 아니라 {right}입니다",
    "a rule is wrong: {right}, which is left out": "규칙이 틀렸습니다: {right}인데 빠졌습니다",
    "a rule is wrong: {right}": "규칙이 틀렸습니다: {right}",
    "{share} of {all} entries differ, by up to {most}": "성분 {all}개 가운데 {share}개가 다릅니다(차이는 최대 {most})",
}


def _pattern(template: str) -> re.Pattern[str]:
    met: set[str] = set()

    def hole(match: re.Match[str]) -> str:
        name = match[1]
        if name in met:
            return f"(?P={name})"
        met.add(name)
        return f"(?P<{name}>.+)"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", hole, re.escape(template)))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what matches the keys with holes, each before another whose hole would take its text."""
    pieces = sorted(KOREAN, key=lambda english: not english.startswith("{start}"))
    errors = sorted(ERRORS, key=lambda english: -len(re.sub(r"\{\w+\}", "", english)))
    table = KOREAN | ERRORS
    return [(_pattern(english), table[english]) for english in [*pieces, *errors] if "{" in english]


_SENTENCES = ("start", "advice", "reason")  # holes for sentences, which are translated as well


def say(text: str) -> str:
    """Return a piece of a derivation, verdict or error in Korean; what is not in the tables, such as "n × m", as it is.

    Examples
    --------
    >>> say("2. Apply the chain rule"), say("a term is missing: A @ x"), say("n × m")
    ('2. 연쇄 법칙 적용하기', '항이 빠졌습니다: A @ x', 'n × m')
    """
    message, newline, place = text.partition("\n")  # an error may show the place in the expression below
    return _translate(message) + newline + place


def _translate(text: str) -> str:
    sentence = KOREAN.get(text) or ERRORS.get(text)
    if sentence is not None:
        return sentence
    for pattern, korean in _patterns():
        match = pattern.fullmatch(text)
        if match is not None:
            holes = match.groupdict()
            return korean.format(**holes | {name: say(holes[name]) for name in _SENTENCES if name in holes})
    return text
