// Expressions to begin with, at numbers at which the gradient is not zero; a test runs every one.
export const EXAMPLES = [
  { e: "u.T @ tanh(W @ x + b)", wrt: "W", at: { u: [[0.5], [-1]], W: [[0.4, -0.2, 0.6], [-0.3, 0.8, 0.1]], x: [[1], [0.5], [-1]], b: [[0.1], [-0.2]] } },
  { e: "(x + y) * max(y, z)", wrt: "y", at: { x: 1, y: 2, z: 0 } },
  { e: "sigmoid(u.T @ tanh(W @ x + b))", wrt: "x" },
  { e: "u.T @ relu(W @ x + b)", wrt: "b", at: { u: [[1], [-0.5]], W: [[0.5, 0.3], [0.2, -0.4]], x: [[1], [0.5]], b: [[0.2], [0.4]] } },
  { e: "-log(sigmoid(u.T @ h))", wrt: "u" },
  { e: "relu(1 - s + r)", wrt: "s", at: { s: 0.4, r: 0.3 } },
  { e: "x.T @ A @ x", wrt: "x" },
  { e: "x**3", wrt: "x", at: { x: 4 } },
  { e: "tanh(W @ x + b)", wrt: "x", form: "jacobian" },
  { e: "softmax(z)", wrt: "z", form: "jacobian" },
  { e: "x.T @ A @ x", wrt: "x", form: "hessian" },
];
