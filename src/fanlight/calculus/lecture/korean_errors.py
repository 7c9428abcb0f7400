"""What is told of an expression that cannot be read or derived, in Korean: English with {…} for what is put in."""

ERRORS = {
    # the text is no expression
    "the expression is empty": "식이 비어 있습니다",
    "this is not an expression: {reason}": "식으로 읽을 수 없습니다: {reason}",
    "invalid syntax": "문법이 틀렸습니다",
    "invalid syntax. Perhaps you forgot a comma?": "문법이 틀렸습니다. 쉼표를 빠뜨렸나요?",
    "it cannot be read": "읽을 수 없는 글자가 있거나 너무 깊이 겹쳤습니다",
    "{bracket} was never closed": "{bracket}를 닫지 않았습니다",
    "unmatched {bracket}": "{bracket}에 맞는 여는 괄호가 없습니다",
    "closing parenthesis {closing} does not match opening parenthesis {opening}": (
        "여는 괄호 {opening}와 닫는 괄호 {closing}가 맞지 않습니다"
    ),
    "invalid character {character}": "쓸 수 없는 글자입니다: {character}",
    "the expression is nested too deeply": "식이 너무 깊이 겹쳐 있습니다",
    "this is not part of the language of expressions": "식의 언어에 없는 표현입니다",
    "only numbers can be written out": "직접 쓸 수 있는 값은 숫자뿐입니다",
    "a transpose is written x.T, a derivative f'(z)": "전치는 x.T, 도함수는 f'(z)로 씁니다",
    "a power is written x**2, a transpose x.T": "거듭제곱은 x**2, 전치는 x.T로 씁니다",
    "lambda is a word of Python: write lam": "lambda는 파이썬의 예약어입니다: lam으로 쓰세요",
    "of comparisons products are taken: (x > 0) * (x < 1)": "비교 여럿은 곱으로 씁니다: (x > 0) * (x < 1)",
    "the operators are + - * / ** @": "연산자는 + - * / ** @입니다",
    "columns below each other are written vstack(x, y)": "열벡터를 아래로 이을 때는 vstack(x, y)로 씁니다",
    "a choice is written where(x > 0, a, b)": "조건에 따른 선택은 where(x > 0, a, b)로 씁니다",
    "a transpose is written x.T": "전치는 x.T로 씁니다",
    "an elementwise product is written *, a matrix product @": "성분별 곱은 *, 행렬곱은 @로 씁니다",
    "a power is written x**2": "거듭제곱은 x**2로 씁니다",
    "a root is written sqrt(x)": "제곱근은 sqrt(x)로 씁니다",
    "a length is written norm(x), an absolute value abs(x)": "노름은 norm(x), 절댓값은 abs(x)로 씁니다",
    "a sum is written sum(x), over an index sum(x[i] for i in range(n))": (
        "합은 sum(x), 첨자에 대한 합은 sum(x[i] for i in range(n))으로 씁니다"
    ),
    "a function is written sin(x)": "함수는 sin(x)처럼 괄호를 붙여 씁니다",
    "a product is written with its sign: 2*x": "곱에는 기호를 씁니다: 2*x",
    "between two factors stands *, elementwise, or @, the matrix product": (
        "두 인자 사이에는 *(성분별 곱)나 @(행렬곱)를 씁니다"
    ),
    "only the expression is written, without what it is equal to": "등호 없이 식만 씁니다",
    # names, functions and their arguments
    "unknown name {name}: {advice}": "모르는 이름입니다: {name}. {advice}",
    "did you mean {near}? {advice}": "{near}을(를) 뜻했나요? {advice}",
    "give its shape; {advice}": "모양을 알려 주세요. {advice}",
    "known are {names}": "아는 이름: {names}",
    "unknown function {name}: {advice}": "모르는 함수입니다: {name}. {advice}",
    "a function of one letter, such as f, stays symbolic; {advice}": (
        "f처럼 한 글자인 함수는 기호로 남습니다. {advice}"
    ),
    "{name}: wrong number of arguments ({count}): write {example}": (
        "{name}: 인자의 수({count})가 틀렸습니다: {example}"
    ),
    "{name}: wrong number of arguments ({count})": "{name}: 인자의 수({count})가 틀렸습니다",
    "{name}: only {names} have an axis": "{name}: axis가 있는 함수는 {names}뿐입니다",
    "{name}: only axis=0 and axis=1 can be written by name": "{name}: 이름으로 쓸 수 있는 것은 axis=0과 axis=1뿐입니다",
    "{name}': a derivative has one argument": "{name}': 도함수의 인자는 하나입니다",
    "{name}' is not in the language: only elementwise functions have a derivative f'(z)": (
        "{name}'은(는) 쓸 수 없습니다: 성분별 함수만 도함수 f'(z)가 있습니다"
    ),
    "an assumption is about {name}, which is no symbol here: {advice}": (
        "{name}에 대한 가정이 있지만 식에 그런 기호가 없습니다. {advice}"
    ),
    "{name} is not a name: use letters, digits and underscores": (
        "{name}은(는) 이름이 될 수 없습니다: 글자, 숫자, 밑줄을 쓰세요"
    ),
    "{name}: unknown assumption {fact}; known are {names}": "{name}: 모르는 가정 {fact}. 쓸 수 있는 가정: {names}",
    "{name} stands for two things, {a} and {b}: rename one": (
        "{name}이(가) 두 가지를 뜻합니다({a}, {b}): 하나의 이름을 바꾸세요"
    ),
    "{value} is not a number: arrays are inputs, so give them a symbol": (
        "{value}은(는) 수가 아닙니다: 배열은 입력이므로 기호로 쓰세요"
    ),
    "a number is too large: numbers are below 1e300": "수가 너무 큽니다: 1e300보다 작아야 합니다",
    "{power} is too large a number, or none: numbers are below 1e300": (
        "{power}은(는) 너무 크거나 수가 아닙니다: 1e300보다 작아야 합니다"
    ),
    "of comparisons there are <, <=, > and >=: they are 1 where they hold and 0 elsewhere": (
        "비교는 <, <=, >, >=만 있습니다: 참이면 1, 거짓이면 0입니다"
    ),
    "division by zero": "0으로 나눕니다",
    "the operation {name} exists already: choose another name": "연산 {name}은(는) 이미 있습니다: 다른 이름을 고르세요",
    # shapes and indices
    "{operation}: {a} and {b} do not fit: {p} {axis} against {q}": "{operation}: {a}와 {b}는 모양이 맞지 않습니다",
    "{operation}: {a} and {b} do not fit": "{operation}: {a}와 {b}는 모양이 맞지 않습니다",
    "{operation}: {a} and {b} do not fit: row numbers take no arithmetic": (
        "{operation}: {a}와 {b}는 모양이 맞지 않습니다: 행 번호로는 계산할 수 없습니다"
    ),
    "row numbers take no arithmetic": "행 번호로는 계산할 수 없습니다",
    "{name}: {shape} is not square": "{name}: {shape}은(는) 정사각행렬이 아닙니다",
    "{name}: {count} dimensions; a shape has at most two: rows and columns": (
        "{name}: 차원이 {count}개입니다. 모양은 행과 열, 많아야 둘입니다"
    ),
    "dimension {value}: write a number, a letter or a multiple such as 3d": (
        "차원 {value}: 숫자, 글자, 3d 같은 배수로 쓰세요"
    ),
    "dimension {value}: the length of {letter} is not known from the inputs": (
        "차원 {value}: 입력에서 {letter}의 길이를 알 수 없습니다"
    ),
    "too many dimensions to name: declare the shapes": "이름 붙일 차원이 너무 많습니다: 모양을 알려 주세요",
    "a dimension is a number, a letter, or sums and multiples of them": "차원은 숫자, 글자, 또는 그 합과 배수입니다",
    "{text} is a dimension, not an expression": "{text}은(는) 차원이지 식이 아닙니다",
    "the dimension {value} as a number is not supported here": "여기에는 차원 {value}을(를) 수로 쓸 수 없습니다",
    "reshape: {shape} has {a} entries, {other} has {b}": (
        "reshape: {shape}의 성분은 {a}개, {other}의 성분은 {b}개입니다"
    ),
    "rows: needs a matrix and row numbers, not {a} and {b}": "rows: 행렬과 행 번호가 필요합니다({a}와 {b}가 아닙니다)",
    "onehot: needs the number of one entry, not {shape}": (
        "onehot: 성분 하나의 번호가 필요합니다({shape}이(가) 아닙니다)"
    ),
    "onehot_rows: needs row numbers, not {shape}": "onehot_rows: 행 번호가 필요합니다({shape}이(가) 아닙니다)",
    "bag: needs a matrix and two vectors of numbers, not {shapes}": (
        "bag: 행렬 하나와 번호의 벡터 둘이 필요합니다({shapes}이(가) 아닙니다)"
    ),
    "matrix_power: the exponent is a whole number from 1 to 16, or from -16 to -1": (
        "matrix_power: 지수는 1부터 16까지, 또는 -16부터 -1까지의 정수입니다"
    ),
    "norm: of orders there are 1 and 2": "norm: 차수는 1과 2만 있습니다",
    "a part is written W[a:b, c:d]": "부분은 W[a:b, c:d]로 씁니다",
    "a {shape} has no parts to take": "{shape}에는 떼어 낼 부분이 없습니다",
    "a part has no step": "부분에는 간격을 쓸 수 없습니다",
    "{base} is a scalar: it has no entries": "{base}은(는) 스칼라이므로 성분이 없습니다",
    "a matrix has two indices: X[i, j]": "행렬의 첨자는 둘입니다: X[i, j]",
    "there is no entry {number} of {length}: entries are numbered from 0": (
        "성분 {length}개에 {number}번은 없습니다: 번호는 0부터 셉니다"
    ),
    "{name} is {shape}: an index is a letter of its own": (
        "{name}의 모양은 {shape}입니다: 첨자는 따로 둔 글자여야 합니다"
    ),
    "a sum over an index is written sum(x[i] for i in range(n))": (
        "첨자에 대한 합은 sum(x[i] for i in range(n))으로 씁니다"
    ),
    "what is summed over an index is a scalar; this is {shape}": (
        "첨자로 더하는 것은 스칼라여야 하는데 모양이 {shape}입니다"
    ),
    "rows are added to a table of several rows": "행을 더할 표에는 행이 여럿 있어야 합니다",
    # derivatives
    "a gradient is of a scalar; this is {shape}: use jacobian, or sum it": (
        "기울기는 스칼라에 대해서만 구합니다. 이 식의 모양은 {shape}입니다: jacobian을 쓰거나 합을 구하세요"
    ),
    "a Hessian is of a scalar; this is {shape}": "헤세 행렬은 스칼라에 대해서만 구합니다. 이 식의 모양은 {shape}입니다",
    "backpropagation starts from a scalar; this is {shape}": (
        "역전파는 스칼라에서 시작합니다. 이 식의 모양은 {shape}입니다"
    ),
    "{name} does not occur in {expression}: it has {names}": "{expression}에 {name}이(가) 없습니다. 있는 기호: {names}",
    "{name} are row numbers: there is no derivative by them": "{name}은(는) 행 번호이므로 미분할 수 없습니다",
    "{name} are row numbers: they have no form with indices": "{name}은(는) 행 번호이므로 첨자로 쓸 수 없습니다",
    "a derivation is by a symbol": "유도는 기호에 대해서 합니다",
    "{name} does not reach the result: the gradient is zero": (
        "{name}은(는) 결과에 영향을 주지 않습니다: 기울기는 0입니다"
    ),
    "{name} does not reach the result": "{name}은(는) 결과에 영향을 주지 않습니다",
    "{name} has no pullback: its derivative is not known here": "{name}의 역전파 규칙이 없어 미분할 수 없습니다",
    "{name} has no derivative": "{name}은(는) 미분할 수 없습니다",
    "{name} has no derivative in index notation": "{name}의 도함수는 첨자로 쓸 수 없습니다",
    "{name} of one row has no derivative in index notation": "한 행의 {name}은(는) 도함수를 첨자로 쓸 수 없습니다",
    "{name} has no form with indices": "{name}은(는) 첨자로 쓸 수 없습니다",
    "{name} is of a matrix": "{name}은(는) 행렬에 씁니다",
    "the derivative has too many terms to be shown without names for its parts": (
        "도함수의 항이 너무 많아, 부분에 이름을 붙이지 않고는 보일 수 없습니다"
    ),
    "the derivative has more indices than letters": "도함수의 첨자가 글자보다 많습니다",
    "there are more indices than letters": "첨자가 글자보다 많습니다",
    "this has no matrix notation": "행렬 표기가 없습니다",
    "{kind} cannot be checked: only {kinds}": "{kind}은(는) 검사할 수 없습니다. 검사할 수 있는 것: {kinds}",
    "{name} has more than two indices: no formula in matrix notation is compared with it": (
        "{name}은(는) 첨자가 셋 이상이어서 행렬 표기의 식과 비교할 수 없습니다"
    ),
    "the gradient of {expression} by {name} could not be confirmed: {reason}": (
        "{expression}의 {name}에 대한 기울기를 확인하지 못했습니다: {reason}"
    ),
    "the gradient of {expression} could not be computed": "{expression}의 기울기를 계산하지 못했습니다",
    "{expression} has no finite value at the points tried: an --assume may help": (
        "{expression}은(는) 시험한 점에서 유한한 값이 없습니다: --assume이 도움이 될 수 있습니다"
    ),
    "no MathML for {name}": "{name}의 MathML이 없습니다",
    "a derivative of more than two indices has no NumPy form of one expression": (
        "첨자가 셋 이상인 도함수는 NumPy 식 하나로 쓸 수 없습니다"
    ),
    # options of the command line
    "{item} is not NAME=ROWS,COLUMNS": "{item}은(는) 이름=행,열이 아닙니다",
    "{item} is not NAME=FACT": "{item}은(는) 이름=사실이 아닙니다",
    "{item} is not NAME=NUMBER or NAME=[…]": "{item}은(는) 이름=수나 이름=[…]이 아닙니다",
    "{item} is not […]": "{item}은(는) […]이 아닙니다",
    # values
    "no value is given for {name} ({shape})": "{name}({shape})의 값이 없습니다",
    "{name} has shape {a}, but {b} is declared": "{name}의 모양은 {a}이지만 {b}(으)로 선언되었습니다",
    "{name} has shape {a}, which does not fit {b} with {letter}": (
        "{name}의 모양 {a}은(는) {b}({letter})에 맞지 않습니다"
    ),
    "{name}: at {point} the derivative given is {a}, but differences of the value give {b}": (
        "{name}: {point}에서 주어진 도함수는 {a}이지만 값의 차이로 구하면 {b}입니다"
    ),
    "the direction is {a}, but {name} is {b}": "방향의 모양은 {a}이지만 {name}의 모양은 {b}입니다",
    # functions that are written otherwise
    "{name} is not in the language: {advice}": "{name}은(는) 식의 언어에 없습니다: {advice}",
    "write inv(X.T @ X) @ X.T where the columns of X are independent, X.T @ inv(X @ X.T) where its rows are": (
        "X의 열이 독립이면 inv(X.T @ X) @ X.T, 행이 독립이면 X.T @ inv(X @ X.T)로 쓰세요"
    ),
    "the exponential of a matrix has no derivative in closed form; exp(X) is the one entry by entry": (
        "행렬 지수 함수의 도함수는 닫힌 꼴이 없습니다. exp(X)는 성분별 지수입니다"
    ),
    "make the factor a symbol, L, and write L @ L.T for the matrix; log(det(A)) is logdet(A)": (
        "인수를 기호 L로 두고 행렬은 L @ L.T로 쓰세요. log(det(A))는 logdet(A)입니다"
    ),
    "eigenvalues are not in the language: tr(A) is their sum, det(A) their product": (
        "고윳값은 없습니다: 그 합은 tr(A), 곱은 det(A)입니다"
    ),
    "singular values are not in the language: norm(X)**2 is the sum of their squares": (
        "특잇값은 없습니다: 그 제곱의 합은 norm(X)**2입니다"
    ),
    "the place of the smallest entry has no derivative: use min(x) or softmax(-x)": (
        "가장 작은 성분의 위치는 미분할 수 없습니다: min(x)나 softmax(-x)를 쓰세요"
    ),
    "the place of the largest entry has no derivative: use max(x) or softmax(x)": (
        "가장 큰 성분의 위치는 미분할 수 없습니다: max(x)나 softmax(x)를 쓰세요"
    ),
    "the order of entries has no derivative in closed form: use max(x), min(x) or sum(x)": (
        "성분의 순서는 도함수의 닫힌 꼴이 없습니다: max(x), min(x), sum(x)를 쓰세요"
    ),
    "it is constant between its jumps: tr(A) of a projection is its rank": (
        "계단 사이에서 상수입니다: 사영 행렬이라면 tr(A)가 계수입니다"
    ),
    "it is constant between its jumps: its derivative is zero": "계단 사이에서 상수입니다: 도함수는 0입니다",
    "factorials and gamma functions are made symbols": ("계승과 감마 함수는 기호로 둡니다"),
    "two indices of one have no matrix notation": "두 첨자를 하나로 센 것은 행렬로 쓸 수 없습니다",
    "write {a}, or {b}": "{a} 또는 {b}로 쓰세요",
    "write {a} for the product, {b} for the norm": "곱은 {a}, 노름은 {b}로 쓰세요",
    "write {a} for positive entries": "성분이 양수이면 {a}로 쓰세요",
    "write out the entries, or a skew-symmetric matrix times the vector": (
        "성분을 직접 쓰거나, 반대칭행렬과 벡터의 곱으로 쓰세요"
    ),
    "write the products with @, .T, sum and tr": "곱을 @, .T, sum, tr로 쓰세요",
    "write {a} for columns below each other, {b} for matrices side by side": (
        "열벡터를 아래로 이을 때는 {a}, 행렬을 옆으로 이을 때는 {b}로 쓰세요"
    ),
    "write L @ x with a lower triangular matrix of ones as a symbol L": (
        "성분이 1인 하삼각행렬을 기호 L로 두고 L @ x로 쓰세요"
    ),
    "write {example}": "{example}로 쓰세요",
}
